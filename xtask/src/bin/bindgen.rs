//! The tool of wasm-bindgen with the arguments that it has for its users, as far as `crossplug build` needs them: so that nobody
//! installs it for the tests, and its version is that of the crate.

use std::path::PathBuf;

use clap::Parser;
use wasm_bindgen_cli_support::Bindgen;

#[derive(Parser)]
#[command(name = "wasm-bindgen", version = version())]
struct Arguments {
    module: PathBuf,
    #[arg(long)]
    out_dir: PathBuf,
    #[arg(long)]
    out_name: String,
    #[arg(long, value_parser = ["bundler"])]
    target: String,
}

/// That of the crate.
fn version() -> &'static str {
    let of = include_str!("../../../Cargo.lock").split_once("name = \"wasm-bindgen-cli-support\"");
    let version = of.and_then(|(_, of)| of.split('"').nth(1));
    version.unwrap_or_default()
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut bindgen = Bindgen::new();
    bindgen.input_path(arguments.module).typescript(true);
    bindgen.out_name(&arguments.out_name).bundler(true)?;
    bindgen.generate(arguments.out_dir)
}
