//! A plugin that does what handlers should not: it blocks, computes, prints a lot and waits on threads of its own.

#![allow(clippy::print_stdout, reason = "that is what it is for")]

use std::sync::Mutex;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use crossplug_plugin::agent::{ActionInvoke, ActionResult, Agent, MessageReceived};
use crossplug_plugin::{Context, Event, Lifecycle, PluginError, async_trait};

struct Stubborn;

impl Default for Stubborn {
    fn default() -> Self {
        // More than a pipe holds, and before anybody could be told.
        for _ in 0..2048 {
            println!("{}", "m".repeat(63));
        }
        Self
    }
}

#[async_trait]
impl Lifecycle for Stubborn {
    async fn on_start(&self, ctx: &Context) -> Result<(), PluginError> {
        println!("starting");
        ctx.log().info("about to start");
        ctx.sleep(Duration::from_millis(20)).await;
        if ctx.config().contains_key("refuse") {
            return Err(PluginError::failed_precondition("not like this"));
        }
        Ok(())
    }

    async fn on_stop(&self, ctx: &Context) {
        ctx.sleep(Duration::from_millis(20)).await;
        ctx.log().info("stopped");
    }
}

fn millis(params: &ActionInvoke) -> Duration {
    let options = params.options.as_ref();
    let millis = options
        .and_then(|options| options.get("ms"))
        .and_then(serde_json::Value::as_u64);
    Duration::from_millis(millis.unwrap_or(0))
}

/// Woken by a thread that the runtime knows nothing of.
async fn elsewhere(duration: Duration) {
    let mut begun = false;
    let (send, receive) = std::sync::mpsc::channel();
    std::future::poll_fn(move |context| {
        if receive.try_recv().is_ok() {
            return std::task::Poll::Ready(());
        }
        if !std::mem::replace(&mut begun, true) {
            let (waker, send) = (context.waker().clone(), send.clone());
            std::thread::spawn(move || {
                std::thread::sleep(duration);
                let _ = send.send(());
                waker.wake();
            });
        }
        std::task::Poll::Pending
    })
    .await;
}

/// Who waits for RELEASE.
static GATHERED: Mutex<Vec<Waker>> = Mutex::new(Vec::new());

/// Ready once it is polled again.
async fn gather() {
    let mut begun = false;
    std::future::poll_fn(move |context| {
        if std::mem::replace(&mut begun, true) {
            return Poll::Ready(());
        }
        if let Ok(mut gathered) = GATHERED.lock() {
            gathered.push(context.waker().clone());
        }
        Poll::Pending
    })
    .await;
}

fn release() {
    let gathered = GATHERED.lock().map(|mut all| std::mem::take(&mut *all));
    gathered.into_iter().flatten().for_each(Waker::wake);
}

#[async_trait]
impl Agent for Stubborn {
    async fn action_invoke(
        &self,
        ctx: &Context,
        params: ActionInvoke,
    ) -> Result<ActionResult, PluginError> {
        let (begun, duration) = (Instant::now(), millis(&params));
        match params.action.as_str() {
            "ECHO" => {}
            "BLOCK" => std::thread::sleep(duration),
            "GATHER" => {
                gather().await;
                std::thread::sleep(duration);
            }
            "RELEASE" => {
                release();
                std::thread::sleep(duration);
            }
            "COMPUTE" => {
                while begun.elapsed() < duration {
                    ctx.check()?;
                    std::hint::spin_loop();
                }
            }
            "SLEEP" => ctx.sleep(duration).await,
            "ELSEWHERE" => elsewhere(duration).await,
            "BREAK" => assert!(duration.is_zero(), "broken on purpose"),
            "FOREVER" => std::future::pending().await,
            "TIDY" => {
                ctx.cancelled().await;
                ctx.sleep(duration).await;
                return Ok(ActionResult::new(true).with_text("tidied"));
            }
            "PRINT" => {
                for _ in 0..16_384 {
                    println!("{}", "p".repeat(63));
                }
            }
            other => return Err(PluginError::not_found(format!("no action {other}"))),
        }
        let text = params.memory.content.text.unwrap_or_default();
        Ok(ActionResult::new(true).with_text(text))
    }

    async fn on_message_received(&self, ctx: &Context, event: Event<MessageReceived>) {
        // The later one waits for the earlier one, which sleeps longer.
        ctx.sleep(Duration::from_millis(if event.seq == 1 { 60 } else { 1 }))
            .await;
        ctx.log().info(format!("event {}", event.seq));
    }
}

crossplug_plugin::export!(Stubborn: Agent);
