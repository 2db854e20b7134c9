//! Finds the functions and the structs of a file.

use std::{
    collections::HashSet,
    path::{Component, Path},
    rc::Rc,
};

use syn::{
    Attribute, Block, Expr, ExprLit, Fields, File, ImplItemFn, ItemConst, ItemEnum, ItemFn, ItemImpl,
    ItemMacro, ItemMod, ItemStatic, ItemStruct, ItemTrait, ItemType, Lit, Meta, Signature, TraitItemFn, Type,
    Visibility,
    visit::{self, Visit},
};

use super::{
    Neighbours, Shapes, Surroundings, bodies,
    generic::Generic,
    receiver::type_path,
    routed::routed,
    scope::{Scopes, has_names},
};
use crate::{
    flow::{Flavor, Imports, Kind, generic_handle, handle_of, is_handle_type},
    syntax::{Function, last_segment, segments},
};

/// A function with a body, and where it is written.
pub(super) struct Found {
    pub(super) function: Function,
    pub(super) imports: Imports,
    /// The type of its `impl` block.
    pub(super) of: Option<String>,
    /// The modules of the file around it: `store::disk`.
    pub(super) within: String,
    /// Whether it has `#[ws_endpoint]` or `#[ws_lifecycle]`, and is checked because of that.
    pub(super) is_ours: bool,
    /// Whether it, or a module around it, is compiled only for tests.
    pub(super) is_test: bool,
    /// Whether only this module can name it, and it is no method.
    pub(super) is_private: bool,
    level: Level,
}

impl Found {
    /// Its place in the file with these functions.
    pub(super) fn around(&self, file: &Rc<Neighbours>) -> Surroundings {
        Surroundings::in_file(self.imports.clone(), file, self.of.clone())
    }

    /// Whether it has a parameter that is a handle.
    pub(super) fn takes_handle(&self) -> bool {
        self.function.parameters.iter().any(|one| is_handle_type(one.ty(), &self.imports))
    }

    /// Whether it has a parameter that receives from a client.
    pub(super) fn takes_receiver(&self) -> bool {
        let lent = |ty: &'_ syn::Type| match ty {
            syn::Type::Reference(lent) => handle_of(&lent.elem, &self.imports),
            owned => handle_of(owned, &self.imports),
        };
        let generics = &self.function.sig.generics;
        let kind = |ty| lent(ty).or_else(|| generic_handle(ty, generics, &self.imports));
        let kinds = self.function.parameters.iter().filter_map(|one| kind(one.ty()));
        kinds.into_iter().any(|(_, kind)| kind.hears())
    }
}

/// What is around a function.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    /// Nothing, and no condition: what it passes to a router can be a function at the top of the file.
    Top,
    /// Modules.
    Outermost,
    /// A block.
    Inner,
}

/// Everything that was found.
#[derive(Default)]
pub(super) struct Collected {
    pub(super) functions: Vec<Found>,
    /// Struct, field, and the handle that it holds.
    pub(super) fields: Vec<(String, String, (Flavor, Kind))>,
    /// Struct, field, and the path of its type.
    pub(super) types: Vec<(String, String, String)>,
    /// The imports at the top of the file.
    pub(super) imports: Imports,
    /// The modules that it declares, and that are files of their own.
    pub(super) files: Vec<String>,
    /// Those of them at its top with `#[path = ".."]`, and where each of their files is by its place: `disk::store`.
    pub(super) paths: Vec<(String, String)>,
    /// The contents of the types.
    pub(super) shapes: Rc<Shapes>,
    /// The functions at the top of the file that are passed to axum's router there, and what takes them: `get`.
    pub(super) routed: Vec<(String, String)>,
    /// The names of the functions at the top of the file.
    at_top: HashSet<String>,
}

/// Collects from a file, whose functions have empty bodies then: those of its items are moved, since a copy would cost as much as
/// parsing them.
pub(super) fn collect(file: &mut File, imports: Imports) -> Collected {
    let mut collector = Collector {
        scopes: Scopes::around(imports),
        of: None,
        tests: 0,
        blocks: 0,
        depth: 0,
        within: Vec::new(),
        found: Collected::default(),
        shapes: Shapes::default(),
        generic: Generic::default(),
    };
    collector.visit_file(file);
    let moved = collector.found.functions.iter_mut().filter(|found| found.level != Level::Inner);
    bodies::take(&mut file.items, &mut moved.map(|found| &mut found.function));
    let mut found = collector.found;
    found.fields.extend(collector.generic.held());
    found.routed =
        found.functions.iter().filter(|one| one.level == Level::Top).flat_map(passed_to_router).collect();
    found.routed.retain(|(name, _)| found.at_top.contains(name));
    Collected { shapes: Rc::new(collector.shapes), ..found }
}

fn passed_to_router(found: &Found) -> Vec<(String, String)> {
    let body = found.function.block();
    body.map(|body| routed(&found.function, body, &found.imports)).unwrap_or_default()
}

struct Collector {
    scopes: Scopes,
    of: Option<String>,
    /// How many items around this place are compiled only for tests.
    tests: usize,
    /// How many blocks are around this place.
    blocks: usize,
    /// How many modules, and functions with functions in them, are around this place.
    depth: usize,
    /// The names of the modules around this place.
    within: Vec<String>,
    found: Collected,
    shapes: Shapes,
    generic: Generic,
}

impl Collector {
    fn function(&mut self, attrs: &[Attribute], is_private: bool, sig: &Signature, block: &Block) {
        self.shapes.add_function(sig);
        let level = match (self.blocks, self.depth) {
            (0, 0) if !attrs.iter().any(is_conditional) => Level::Top,
            (0, _) => Level::Outermost,
            _ => Level::Inner,
        };
        let function =
            if level == Level::Inner { Function::of(sig, block) } else { Function::without_body(sig) };
        let imports = self.scopes.imports().clone();
        let is_ours = attrs.iter().any(|one| is_ours(one, &imports));
        let is_test = self.tests > 0 || attrs.iter().any(is_for_tests);
        let (of, within) = (self.of.clone(), self.within.join("::"));
        self.found.functions.push(Found {
            function,
            imports,
            of,
            within,
            is_ours,
            is_test,
            is_private,
            level,
        });
    }

    fn block(&mut self, block: &Block) {
        if !has_names(block) {
            return self.visit_block(block);
        }
        self.scopes.enter_block(block);
        self.visit_block(block);
        self.scopes.leave();
    }
}

impl<'ast> Visit<'ast> for Collector {
    fn visit_file(&mut self, file: &'ast File) {
        self.scopes.enter_file(file);
        self.found.imports = self.scopes.imports().clone();
        visit::visit_file(self, file);
        self.scopes.leave();
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        let Some((_, items)) = &module.content else {
            self.found.files.push(module.ident.to_string());
            if let Some(path) = module.attrs.iter().find_map(path_of).filter(|_| self.depth == 0) {
                self.found.paths.push((module.ident.to_string(), path));
            }
            return self.shapes.add_unseen();
        };
        self.scopes.enter_module(items);
        let tests = usize::from(module.attrs.iter().any(is_for_tests));
        self.tests += tests;
        self.depth += 1;
        self.within.push(module.ident.to_string());
        visit::visit_item_mod(self, module);
        self.within.pop();
        self.depth -= 1;
        self.tests -= tests;
        self.scopes.leave();
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        self.shapes.add_impl(item);
        self.generic.add_impl(item, self.scopes.imports());
        let outer = std::mem::replace(&mut self.of, type_name(&item.self_ty));
        let depth = usize::from(item.attrs.iter().any(is_conditional));
        self.depth += depth;
        visit::visit_item_impl(self, item);
        self.depth -= depth;
        self.of = outer;
    }

    fn visit_item_trait(&mut self, item: &'ast ItemTrait) {
        self.shapes.add_trait(item);
        let outer = self.of.replace(item.ident.to_string());
        visit::visit_item_trait(self, item);
        self.of = outer;
    }

    /// Its body stays where it is, like that of a function in a block.
    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        let Some(block) = &item.default else { return };
        self.blocks += 1;
        self.function(&item.attrs, false, &item.sig, block);
        self.blocks -= 1;
        self.block(block);
    }

    fn visit_item_const(&mut self, item: &'ast ItemConst) {
        self.shapes.add_constant(item);
    }

    fn visit_item_struct(&mut self, item: &'ast ItemStruct) {
        self.shapes.add_struct(item);
        self.generic.add_struct(item, self.scopes.imports());
        self.shapes.add_data(&item.vis, &item.ident, &item.attrs);
        let of = item.ident.to_string();
        let fields = fields_of(&item.fields, self.scopes.imports());
        self.found.fields.extend(fields.map(|(name, handle)| (of.clone(), name, handle)));
        for (number, field) in item.fields.iter().enumerate() {
            let name = field.ident.as_ref().map_or_else(|| number.to_string(), ToString::to_string);
            if let Some(path) = type_path(&field.ty, self.scopes.imports()) {
                self.found.types.push((item.ident.to_string(), name, path));
            }
        }
    }

    fn visit_item_enum(&mut self, item: &'ast ItemEnum) {
        self.shapes.add_enum(item);
        self.shapes.add_data(&item.vis, &item.ident, &item.attrs);
    }

    fn visit_item_macro(&mut self, item: &'ast ItemMacro) {
        if item.ident.is_none() {
            self.shapes.add_unseen();
        }
    }

    fn visit_item_type(&mut self, item: &'ast ItemType) {
        self.shapes.add_alias(item);
    }

    fn visit_item_static(&mut self, item: &'ast ItemStatic) {
        self.shapes.add_static(item);
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        if self.depth == 0 && item.sig.ident == "main" && matches!(item.vis, Visibility::Inherited) {
            self.shapes.add_main();
        }
        let outer = self.of.take();
        if self.depth == 0 {
            self.found.at_top.insert(item.sig.ident.to_string());
        }
        self.function(&item.attrs, matches!(item.vis, Visibility::Inherited), &item.sig, &item.block);
        let tests = usize::from(item.attrs.iter().any(is_for_tests));
        self.tests += tests;
        self.depth += 1;
        self.block(&item.block);
        self.depth -= 1;
        self.tests -= tests;
        self.of = outer;
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.function(&item.attrs, false, &item.sig, &item.block);
        self.block(&item.block);
    }

    /// An item that is not at the top of the file, a module or an `impl` is in a block.
    fn visit_block(&mut self, block: &'ast Block) {
        self.blocks += 1;
        visit::visit_block(self, block);
        self.blocks -= 1;
    }

    fn visit_attribute(&mut self, _: &'ast Attribute) {}
}

/// The fields that hold handles, by name or index.
pub(super) fn fields_of<'a>(
    fields: &'a Fields,
    imports: &'a Imports,
) -> impl Iterator<Item = (String, (Flavor, Kind))> + 'a {
    fields.iter().enumerate().filter_map(|(number, field)| {
        let name = field.ident.as_ref().map_or_else(|| number.to_string(), ToString::to_string);
        Some((name, handle_of(&field.ty, imports)?))
    })
}

/// The last name of a type: `Store` of `crate::Store<T>`.
pub(super) fn type_name(ty: &Type) -> Option<String> {
    last_segment(ty).map(|last| last.ident.to_string())
}

/// Whether the attribute is one of Sockeye's, by its name or through an import.
fn is_ours(attribute: &Attribute, imports: &Imports) -> bool {
    let path = imports.resolve_path(attribute.path());
    let last = segments::last(&path);
    matches!(last, "ws_endpoint" | "ws_lifecycle")
}

/// `disk::store` of `#[path = "disk/store.rs"]`, in a folder below.
fn path_of(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(path) = &attribute.meta else { return None };
    let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &path.value else { return None };
    let file = Path::new(&text.value()).with_extension("");
    let names: Option<Vec<_>> = file
        .components()
        .filter(|one| *one != Component::CurDir)
        .map(|one| match one {
            Component::Normal(name) => name.to_str().map(str::to_owned),
            _ => None,
        })
        .collect();
    let mut names = names.filter(|_| path.path.is_ident("path"))?;
    if names.last().is_some_and(|last| last == "mod") {
        names.pop();
    }
    Some(names.join("::"))
}

/// `#[cfg(..)]` and `#[cfg_attr(..)]`.
fn is_conditional(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr")
}

/// `#[test]`, `#[tokio::test]`, `#[cfg(test)]` and `#[cfg(all(test, ..))]`.
fn is_for_tests(attribute: &Attribute) -> bool {
    let name = attribute.path().segments.last().map(|last| last.ident.to_string());
    match (name.as_deref(), &attribute.meta) {
        (Some("test"), _) => true,
        (Some("cfg"), syn::Meta::List(list)) => asks_for_test(list.tokens.clone()),
        _ => false,
    }
}

fn asks_for_test(condition: proc_macro2::TokenStream) -> bool {
    let mut after_all = false;
    condition.into_iter().any(|token| match token {
        proc_macro2::TokenTree::Ident(name) => {
            after_all = name == "all";
            name == "test"
        }
        proc_macro2::TokenTree::Group(group) => {
            std::mem::take(&mut after_all) && asks_for_test(group.stream())
        }
        _ => false,
    })
}
