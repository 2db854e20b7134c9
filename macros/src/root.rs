//! The path of the crate `sockeye` in the program.

use std::{cell::RefCell, collections::HashMap, env, fs, path::PathBuf, sync::Arc, time::SystemTime};

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use sockeye_rules::syntax::{Options, Package};

use crate::manifest::{self, Name};

/// The option `crate = ..`, otherwise the name of the crate in `Cargo.toml`, otherwise its own.
pub(crate) fn path(options: &Options) -> TokenStream {
    match &options.krate {
        Some(path) => path.to_token_stream(),
        None => renamed().map_or_else(|| quote!(::sockeye), |name| quote!(::#name)),
    }
}

/// The error if the package does not depend on the crate, for which rustc would only say that it cannot find it.
pub(crate) fn absent(options: &Options) -> Option<TokenStream> {
    if options.krate.is_some() || by_manifest() != Name::Absent || has_extern_crates() {
        return None;
    }
    let message = "[invalid_option] this package does not depend on `sockeye`, which `#[ws_endpoint]` expands to\n\
                   help: run `cargo add sockeye`, or write the path of the crate that re-exports it, as in `crate = company::sockeye`";
    Some(quote!(::core::compile_error!(#message);))
}

/// The information that the rules need about the package.
pub(crate) fn package() -> Arc<Package> {
    let Name::Renamed(name) = by_manifest() else { return Arc::default() };
    Arc::new(Package::with_sockeye_as(&name))
}

fn renamed() -> Option<Ident> {
    let Name::Renamed(name) = by_manifest() else { return None };
    // Cargo accepts names that are not identifiers.
    let name: Ident = syn::parse_str(&name.replace('-', "_")).ok()?;
    Some(Ident::new(&name.to_string(), Span::call_site()))
}

/// `extern crate ws as sockeye;` in the crate root restores its name.
fn has_extern_crates() -> bool {
    let Some(package) = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from) else { return true };
    let here = Span::call_site().local_file().into_iter();
    let mut files = here.chain(["src/lib.rs", "src/main.rs"].map(|root| package.join(root)));
    files.any(|path| {
        let text = fs::read_to_string(path).unwrap_or_default();
        text.lines().any(|line| line.trim_start().starts_with("extern crate"))
    })
}

thread_local! {
    /// What is known about each package, with the modification time of its manifest: an editor's server expands macros of
    /// many packages, and outlives changes to them.
    static NAMES: RefCell<HashMap<PathBuf, (SystemTime, Name)>> = RefCell::default();
}

fn by_manifest() -> Name {
    let Some(package) = env::var_os("CARGO_MANIFEST_DIR") else { return Name::Own };
    let path = PathBuf::from(package).join("Cargo.toml");
    let Ok(changed) = fs::metadata(&path).and_then(|about| about.modified()) else { return Name::Own };
    NAMES.with_borrow_mut(|names| match names.get(&path) {
        Some((when, name)) if *when == changed => name.clone(),
        _ => {
            let name = manifest::name(&path);
            names.insert(path, (changed, name.clone()));
            name
        }
    })
}
