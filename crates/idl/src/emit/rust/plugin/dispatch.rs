//! The dispatcher between wire names and an author's methods.

use super::super::expression::Scope;
use super::super::page::Page;
use super::{Handled, codec_of};
use crate::model::{Interface, Method, Type};

pub(super) fn dispatch_of(
    interface: &Interface,
    handled: &[Handled<'_>],
    scope: &mut Scope<'_>,
    page: &mut Page,
) {
    let stem = &interface.stem;
    page.blank();
    page.lines(&format!(
        "/// Hands the calls of the interface to a plugin.
#[derive(Debug)]
pub struct {stem}Dispatch<P> {{
    plugin: Arc<P>,
}}

impl<P: {stem}> {stem}Dispatch<P> {{
    /// Calls go to this plugin.
    #[must_use]
    pub fn new(plugin: P) -> Self {{
        Self::shared(Arc::new(plugin))
    }}

    /// Calls go to this plugin, which has other interfaces too.
    #[must_use]
    pub const fn shared(plugin: Arc<P>) -> Self {{
        Self {{ plugin }}
    }}

    /// The plugin.
    #[must_use]
    pub const fn plugin(&self) -> &Arc<P> {{
        &self.plugin
    }}
}}

impl<P: {stem}> Interface for {stem}Dispatch<P> {{
    fn descriptor(&self) -> &'static Descriptor {{
        &types::DESCRIPTOR
    }}
"
    ));
    if interface.methods.is_empty() {
        page.line("    fn call(&self, _context: &Context, _method: &str, _params: Encoded<'_>) -> Option<Answering> {");
        page.line("        None");
        page.line("    }");
    } else {
        page.line("    fn call(&self, context: &Context, method: &str, params: Encoded<'_>) -> Option<Answering> {");
        page.line("        let (plugin, context) = (Arc::clone(&self.plugin), context.clone());");
        page.line("        match method {");
        for method in &interface.methods {
            dispatched(method, scope, page);
        }
        page.line("            _ => None,");
        page.line("        }");
        page.line("    }");
    }
    if !handled.is_empty() {
        page.blank();
        page.line(
            "    fn event(&self, context: &Context, event: Event<Encoded<'_>>) -> Option<Handling> {",
        );
        page.line("        let plugin = Arc::clone(&self.plugin);");
        page.line("        let handling = match event.name.as_str() {");
        for handled in handled {
            let event = handled.event;
            let codec = codec_of(scope, &event.payload, &format!("{}Payload", event.stem));
            page.line(&format!(
                "            types::events::{} => {{",
                event.name.constant
            ));
            page.line("                let own = context.clone();");
            page.line(&format!("                dispatch::event::<{codec}, _>(context, &event, |event| async move {{"));
            page.line(&format!(
                "                    plugin.{}(&own, event).await;",
                handled.method
            ));
            page.line("                })");
            page.line("            }");
        }
        page.line("            _ => return None,");
        page.line("        };");
        page.line("        Some(handling)");
        page.line("    }");
    }
    page.line("}");
}

fn dispatched(method: &Method, scope: &mut Scope<'_>, page: &mut Page) {
    let result = codec_of(scope, &method.result, &format!("{}Result", method.stem));
    page.line(&format!(
        "            types::methods::{} => {{",
        method.name.constant
    ));
    let mut passed = vec!["&context".to_owned()];
    if method.params.is_some() {
        passed.push("params".to_owned());
    }
    if let Some(upload) = &method.upload {
        let codec = scope.codec(upload, &format!("{}Upload", method.stem));
        page.line(&format!(
            "                let upload = context.receiver::<{codec}>();"
        ));
        passed.push("upload".to_owned());
    }
    if let Some(items) = &method.items {
        let codec = scope.codec(items, &format!("{}Item", method.stem));
        page.line(&format!(
            "                let items = context.sender::<{codec}>();"
        ));
        passed.push("items".to_owned());
    }
    let call = format!("plugin.{}({}).await", method.name.rust, passed.join(", "));
    match method.params {
        Some(params) => {
            let params = scope.codec(&Type::Ref(params), "");
            page.line(&format!(
                "                Some(dispatch::typed::<{params}, {result}, _>(params, |params| async move {{"
            ));
        }
        None => page.line(&format!(
            "                Some(dispatch::untyped::<{result}, _>(params, async move {{"
        )),
    }
    page.line(&format!("                    {call}"));
    page.line("                }))");
    page.line("            }");
}
