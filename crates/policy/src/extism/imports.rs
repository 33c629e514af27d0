//! What a guest may import, from whom, and in which order modules are linked. Knows modules by their outlines alone.

use super::Refused;

/// The module that guests import from.
pub const ENV: &str = "extism:host/env";
/// The module of WASI, preview 1.
const WASI: &str = "wasi_snapshot_preview1";
/// What the module is called that is called.
const MAIN: &str = "main";

/// What the kernel answers for a guest: name, and signature in short: `l` i64, `i` i32. Nothing else of the kernel's is
/// a guest's business.
pub const KERNEL: [(&str, &str, &str); 15] = [
    ("alloc", "l", "l"),
    ("free", "l", ""),
    ("length", "l", "l"),
    ("length_unsafe", "l", "l"),
    ("load_u8", "l", "i"),
    ("load_u64", "l", "l"),
    ("store_u8", "li", ""),
    ("store_u64", "ll", ""),
    ("input_length", "", "l"),
    ("input_offset", "", "l"),
    ("input_load_u8", "l", "i"),
    ("input_load_u64", "l", "l"),
    ("output_set", "ll", ""),
    ("error_set", "l", ""),
    ("error_get", "", "l"),
];

/// What the host answers.
pub const HOST: [(&str, &str, &str); 12] = [
    ("config_get", "l", "l"),
    ("var_get", "l", "l"),
    ("var_set", "ll", ""),
    ("http_request", "ll", "l"),
    ("http_status_code", "", "i"),
    ("http_headers", "", "l"),
    ("log_trace", "l", ""),
    ("log_debug", "l", ""),
    ("log_info", "l", ""),
    ("log_warn", "l", ""),
    ("log_error", "l", ""),
    ("get_log_level", "", "i"),
];

/// A function's parameters and results in short: `i` i32, `l` i64, `f` f32, `d` f64, `?` anything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// One letter each.
    pub params: String,
    /// The same.
    pub results: String,
}

impl std::fmt::Display for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let spelled = |letters: &str| {
            let names = letters.chars().map(|letter| match letter {
                'i' => "i32",
                'l' => "i64",
                'f' => "f32",
                'd' => "f64",
                _ => "?",
            });
            names.collect::<Vec<_>>().join(", ")
        };
        let (params, results) = (spelled(&self.params), spelled(&self.results));
        write!(f, "({params}) -> ({results})")
    }
}

/// One import of a module.
#[derive(Debug, Clone)]
pub struct Import {
    /// From where.
    pub module: String,
    /// What.
    pub name: String,
    /// None for what is no function.
    pub signature: Option<Signature>,
}

/// What is known of a module before it is linked.
#[derive(Debug, Clone, Default)]
pub struct Outline {
    /// The name that the manifest gives it.
    pub name: Option<String>,
    /// What it imports.
    pub imports: Vec<Import>,
}

/// How modules are linked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The name of each module.
    pub names: Vec<String>,
    /// The places of modules in the order in which they need each other; the main one is the last.
    pub order: Vec<usize>,
    /// Functions of the program that are imported: their place among those offered, and as what.
    pub functions: Vec<(usize, Signature)>,
    /// Whether a module imports WASI.
    pub wasi: bool,
}

/// Judges every import and finds an order. `functions` are those that the program offers: module and name.
///
/// # Errors
/// [`Refused::Manifest`] for two modules of one name, [`Refused::Incompatible`] for imports that nobody has.
///
/// ```
/// use crossplug_policy::extism::{self, Import, Outline};
///
/// let import = Import { module: extism::ENV.into(), name: "teleport".into(), signature: None };
/// let module = Outline { name: None, imports: vec![import] };
/// assert!(extism::plan(&[module], &[]).unwrap_err().to_string().contains("extism:host/env::teleport"));
/// ```
pub fn plan(modules: &[Outline], functions: &[(&str, &str)]) -> Result<Plan, Refused> {
    let names = named(modules)?;
    let mut wasi = false;
    let mut linked: Vec<(usize, Signature)> = Vec::new();
    for import in modules.iter().flat_map(|module| &module.imports) {
        if import.module == ENV {
            judge_env(import)?;
        } else if names.contains(&import.module) {
            // Judged when they are linked.
        } else if import.module == WASI {
            wasi = true;
        } else {
            judge_function(import, functions, &mut linked)?;
        }
    }
    Ok(Plan {
        order: in_order(modules, &names)?,
        names,
        functions: linked,
        wasi,
    })
}

/// What a guest's language wants to be called before anything else, by its exports: whether there is a function of a name,
/// and then, whether it takes and gives nothing. Never both of the last two.
///
/// ```
/// use crossplug_policy::extism::initialisers;
///
/// let both = |name: &str| ["_initialize", "__wasm_call_ctors"].contains(&name).then_some(true);
/// assert_eq!(initialisers(both), ["__wasm_call_ctors"]);
/// ```
pub fn initialisers(is_plain: impl Fn(&str) -> Option<bool>) -> &'static [&'static str] {
    let plain = |name| is_plain(name) == Some(true);
    if is_plain("hs_init").is_some() {
        if plain("_initialize") {
            &["_initialize", "hs_init"]
        } else {
            &["hs_init"]
        }
    } else if plain("__wasm_call_ctors") {
        &["__wasm_call_ctors"]
    } else if plain("_initialize") {
        &["_initialize"]
    } else {
        &[]
    }
}

/// Gives each module its name: the main one is the one that is called so, else the last.
fn named(modules: &[Outline]) -> Result<Vec<String>, Refused> {
    let called = modules
        .iter()
        .any(|module| module.name.as_deref() == Some(MAIN));
    let last = modules.len().saturating_sub(1);
    let mut named: Vec<String> = Vec::new();
    for (index, module) in modules.iter().enumerate() {
        let name = match &module.name {
            _ if !called && index == last => MAIN.to_owned(),
            Some(name) => name.clone(),
            None => index.to_string(),
        };
        if named.contains(&name) {
            let what = format!("two modules are called `{name}`");
            return Err(Refused::Manifest(what));
        }
        named.push(name);
    }
    if named.is_empty() {
        return Err(incompatible("there is no module".to_owned()));
    }
    Ok(named)
}

fn judge_env(import: &Import) -> Result<(), Refused> {
    let Import {
        module,
        name,
        signature,
    } = import;
    let known = KERNEL.iter().chain(&HOST).find(|(known, ..)| known == name);
    let Some(signature) = signature else {
        return Err(incompatible(format!(
            "it imports `{module}::{name}`, which is no function; a guest may import functions only from there"
        )));
    };
    let Some((_, params, results)) = known else {
        return Err(incompatible(format!(
            "it imports `{module}::{name}`, which this host does not have: it may be meant for a newer host, or for the host alone"
        )));
    };
    if signature.params == *params && signature.results == *results {
        return Ok(());
    }
    Err(incompatible(format!(
        "it imports `{module}::{name}` as {signature}, which is not its signature"
    )))
}

/// A function that the program offers: handles in, at most one handle out.
fn judge_function(
    import: &Import,
    functions: &[(&str, &str)],
    linked: &mut Vec<(usize, Signature)>,
) -> Result<(), Refused> {
    let place = format!("{}::{}", import.module, import.name);
    let offered = functions
        .iter()
        .position(|(module, name)| *module == import.module && *name == import.name);
    let (Some(offered), Some(signature)) = (offered, &import.signature) else {
        return Err(incompatible(format!(
            "it imports `{place}`, which this host does not have; offer it as a function of the host"
        )));
    };
    let mut kinds = signature.params.chars().chain(signature.results.chars());
    if !kinds.all(|kind| kind == 'l') || signature.results.len() > 1 {
        return Err(incompatible(format!(
            "it imports `{place}` as {signature}; functions of this host take handles (i64) and give one or nothing"
        )));
    }
    match linked.iter().find(|(known, _)| *known == offered) {
        Some((_, known)) if known == signature => {}
        Some((_, known)) => {
            return Err(incompatible(format!(
                "one module imports `{place}` as {known}, another as {signature}"
            )));
        }
        None => linked.push((offered, signature.clone())),
    }
    Ok(())
}

/// Puts modules behind those that they import from; the main one comes last.
fn in_order(modules: &[Outline], names: &[String]) -> Result<Vec<usize>, Refused> {
    let named = |place: usize| names.get(place).map_or("", String::as_str);
    let needs = |place: usize, name: &str| {
        let module = modules.get(place);
        module.is_some_and(|module| module.imports.iter().any(|import| import.module == name))
    };
    let (main, mut waiting): (Vec<usize>, Vec<usize>) =
        (0..modules.len()).partition(|place| named(*place) == MAIN);
    let mut ordered: Vec<usize> = Vec::new();
    while !waiting.is_empty() {
        let free = |place: &usize| !waiting.iter().any(|other| needs(*place, named(*other)));
        let Some(next) = waiting.iter().position(free) else {
            let names: Vec<&str> = waiting.iter().map(|place| named(*place)).collect();
            return Err(incompatible(format!(
                "the modules {} import from each other in a circle",
                names.join(", ")
            )));
        };
        ordered.push(waiting.remove(next));
    }
    if let Some(place) = ordered.iter().find(|place| needs(**place, MAIN)) {
        return Err(incompatible(format!(
            "the module `{}` imports from `{MAIN}`, which imports from the others",
            named(*place)
        )));
    }
    ordered.extend(main);
    Ok(ordered)
}

fn incompatible(what: String) -> Refused {
    Refused::Incompatible(what)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    /// Module, name, and the signature of a function.
    type Imported<'a> = (&'a str, &'a str, Option<(&'a str, &'a str)>);

    fn module(name: Option<&str>, imports: &[Imported<'_>]) -> Outline {
        let imports = imports.iter().map(|(module, name, signature)| Import {
            module: (*module).to_owned(),
            name: (*name).to_owned(),
            signature: signature.map(|(params, results)| Signature {
                params: params.to_owned(),
                results: results.to_owned(),
            }),
        });
        Outline {
            name: name.map(str::to_owned),
            imports: imports.collect(),
        }
    }

    #[test]
    fn modules_come_behind_those_that_they_need_and_the_main_one_last() {
        let made = plan(
            &[
                module(Some("main"), &[("b", "f", None)]),
                module(Some("a"), &[]),
                module(Some("b"), &[("a", "f", None), (WASI, "fd_write", None)]),
            ],
            &[],
        );
        let made = made.unwrap();
        assert_eq!(made.order, [1, 2, 0]);
        assert!(made.wasi && made.functions.is_empty());
        let circle = [
            module(Some("a"), &[("b", "f", None)]),
            module(Some("b"), &[("a", "f", None)]),
            module(None, &[]),
        ];
        let refused = plan(&circle, &[]).unwrap_err().to_string();
        assert!(refused.contains("a, b"), "{refused}");
        let up = [module(Some("a"), &[("main", "f", None)]), module(None, &[])];
        assert!(plan(&up, &[]).is_err());
        let twice = [
            module(Some("a"), &[]),
            module(Some("a"), &[]),
            module(None, &[]),
        ];
        assert!(matches!(
            plan(&twice, &[]).unwrap_err(),
            Refused::Manifest(_)
        ));
    }

    #[test]
    fn imports_are_those_that_there_are_with_their_signatures() {
        let fits = |import: Imported<'_>| plan(&[module(None, &[import])], &[("user", "price")]);
        assert!(fits((ENV, "alloc", Some(("l", "l")))).is_ok());
        for wrong in [
            (ENV, "alloc", Some(("i", "i"))),
            (ENV, "reset", Some(("", ""))),
            (ENV, "memory", None),
            ("user", "other", Some(("l", "l"))),
            ("user", "price", Some(("i", "l"))),
            ("user", "price", Some(("l", "ll"))),
            ("user", "price", None),
        ] {
            assert!(
                matches!(fits(wrong), Err(Refused::Incompatible(_))),
                "{wrong:?}"
            );
        }
        let made = fits(("user", "price", Some(("ll", "l")))).unwrap();
        assert_eq!(made.functions.len(), 1);
    }
}
