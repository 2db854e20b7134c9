//! What is known about the names in scope, and about expressions that use them.

use std::rc::Rc;

use quote::ToTokens;
use syn::{Arm, BinOp, Block, Expr, ExprCall, ExprMatch, ExprMethodCall, Local, Member, Pat, Stmt, UnOp};

use super::{
    given, kinds, moves,
    origin::{MASKED, Origin, Tags},
    types::Types,
};
use crate::syntax::{last_segment, segments};

/// The names in scope, the innermost last.
pub(crate) struct Names<'s> {
    found: Vec<Name>,
    /// How many names there have been.
    bound: usize,
    /// Guards of names before this index are not held here: a task or closure runs at another time.
    barrier: usize,
    types: Types<'s>,
}

/// A name, or a value that a statement holds without one.
#[derive(Clone)]
struct Name {
    word: String,
    /// Unique.
    number: usize,
    origin: Origin,
}

/// Methods that access the same value.
const LENDS: [&str; 12] = [
    "clone",
    "as_ref",
    "as_mut",
    "lock",
    "read",
    "write",
    "borrow",
    "borrow_mut",
    "unwrap",
    "expect",
    "map_err",
    "by_ref",
];

/// Methods of a `DashMap` that return a reference which locks a part of the map.
const DASH: [&str; 11] = [
    "get",
    "get_mut",
    "entry",
    "iter",
    "iter_mut",
    "or_insert",
    "or_insert_with",
    "or_default",
    "unwrap",
    "expect",
    "or_insert_entry",
];

impl<'s> Names<'s> {
    pub(super) fn new(types: Types<'s>) -> Self {
        Self { found: Vec::new(), bound: 0, barrier: 0, types }
    }

    pub(crate) fn types(&self) -> Types<'s> {
        self.types
    }

    pub(super) fn depth(&self) -> usize {
        self.found.len()
    }

    pub(super) fn end_scope(&mut self, depth: usize) {
        self.found.truncate(depth);
    }

    /// Earlier locks do not count from here on; returns the state to restore.
    pub(super) fn raise_barrier(&mut self) -> usize {
        std::mem::replace(&mut self.barrier, self.found.len())
    }

    pub(super) fn lower_barrier(&mut self, before: usize) {
        self.barrier = before;
    }

    pub(super) fn add(&mut self, name: impl Into<String>, origin: Origin) {
        self.bound += 1;
        self.found.push(Name { word: name.into(), number: self.bound, origin });
    }

    /// The name has a different value from here on.
    pub(super) fn set(&mut self, name: &str, origin: Origin) {
        if let Some(known) = self.found.iter_mut().rfind(|one| one.word == name) {
            known.origin = origin;
        }
    }

    /// The name does not hold a guard any more.
    pub(super) fn give_away(&mut self, name: &str) {
        if self.find(name).is_some_and(|origin| origin.is(Tags::GUARD)) {
            self.set(name, Origin::default());
        }
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Origin> {
        self.found.iter().rfind(|one| one.word == name).map(|one| &one.origin)
    }

    /// The number of the name in scope, which no other name has.
    pub(crate) fn number(&self, name: &str) -> Option<usize> {
        self.found.iter().rfind(|one| one.word == name).map(|one| one.number)
    }

    /// The names of the guards that are held here; a guard without a name is listed under the name of the locked value.
    pub(crate) fn guards(&self) -> impl Iterator<Item = (&str, &Origin)> {
        let held = self.found.iter().skip(self.barrier).filter(|one| one.origin.is(Tags::GUARD));
        held.map(|one| (one.word.as_str(), &one.origin))
    }

    /// The origin of an expression's value.
    pub(crate) fn of(&self, expression: &Expr) -> Origin {
        match expression {
            Expr::Path(path) => match path.path.get_ident() {
                Some(name) => self.of_name(&name.to_string()),
                None => Origin::default(),
            },
            Expr::Paren(inner) => self.of(&inner.expr),
            Expr::Group(inner) => self.of(&inner.expr),
            // The guard is held under its own name.
            Expr::Reference(inner) if moves::bare_name(&inner.expr).is_some() => {
                self.of(&inner.expr).without(Tags::GUARD)
            }
            Expr::Reference(inner) => self.of(&inner.expr),
            Expr::Cast(inner) => self.cast(inner),
            Expr::Binary(binary) => self.computed(binary),
            Expr::Unary(inner) if matches!(inner.op, UnOp::Deref(_)) => {
                self.of(&inner.expr).without(Tags::GUARD)
            }
            Expr::Await(inner) => self.awaited(&inner.base),
            Expr::Try(inner) => self.of(&inner.expr).without(Tags::PARTIAL),
            Expr::Field(field) => self.field(&self.of(&field.base), &field.member),
            Expr::Index(index) => self.indexed(index),
            Expr::MethodCall(call) => self.method(call),
            Expr::Call(call) => self.call(call),
            Expr::Block(block) => self.of_block(&block.block),
            Expr::If(branch) => self.of_block(&branch.then_branch),
            Expr::Match(branch) => self.of_match(branch),
            Expr::Struct(made) => self.made(made),
            Expr::Tuple(tuple) => tuple
                .elems
                .iter()
                .map(|one| self.of(one))
                .fold(Origin::default(), Origin::joined)
                .without(Tags::GUARD),
            _ => Origin::default(),
        }
    }

    /// A number of another size. That of a variant or a byte is as small as they are.
    fn cast(&self, cast: &syn::ExprCast) -> Origin {
        let origin = self.of(&cast.expr);
        if !origin.is(Tags::INPUT) {
            return origin;
        }
        let bounded = self.size_of(&origin);
        origin.with(bounded).typed(Some(cast.ty.to_token_stream().to_string().into()))
    }

    /// What the type says of a number.
    fn size_of(&self, origin: &Origin) -> Tags {
        match origin.ty.as_deref() {
            Some("u8") => Tags::BYTE,
            Some(ty) if ty == "bool" || self.types.is_enum(ty) => Tags::BOUNDED,
            _ => Tags::default(),
        }
    }

    /// A struct that is written there; what of it came from the client is known only of its secrets.
    fn made(&self, made: &syn::ExprStruct) -> Origin {
        let is_secret = |field: &syn::FieldValue| {
            self.is_secret_as(&field.member.to_token_stream().to_string(), &field.expr)
        };
        match last_of(&made.path) {
            Some(name) if made.fields.iter().any(is_secret) => Origin::of(Tags::HOLDS).typed(Some(name)),
            _ => Origin::default(),
        }
    }

    /// `Session::new(name, token)`
    fn made_by(&self, call: &ExprCall, of: &str) -> Option<Origin> {
        let is_secret =
            |one: &Expr| called(one).is_some_and(|name| self.is_secret_as(&name.to_string(), one));
        let has_secret = self.types.written_fields(of).iter().any(|(field, _)| kinds::is_secret(field));
        let holds = has_secret && call.args.iter().any(is_secret);
        holds.then(|| Origin::of(Tags::HOLDS).typed(Some(of.into())))
    }

    /// Whether a value with this name is a secret of the client. A token in a message may be a word of it.
    fn is_secret_as(&self, name: &str, value: &Expr) -> bool {
        let from = if name.ends_with("token") { Tags::REQUEST } else { Tags::REQUEST.or(Tags::INPUT) };
        kinds::is_secret(name) && self.of(value).is(from)
    }

    /// A number that grows with what the client sent.
    fn computed(&self, binary: &syn::ExprBinary) -> Origin {
        if !matches!(
            binary.op,
            BinOp::Add(_) | BinOp::Sub(_) | BinOp::Mul(_) | BinOp::Shl(_) | BinOp::BitOr(_)
        ) {
            return Origin::default();
        }
        let sides = [self.of(&binary.left), self.of(&binary.right)];
        let mut given =
            sides.into_iter().filter(|side| side.is(Tags::INPUT) && !side.is(Tags::TEXT)).peekable();
        let ty = given.peek().and_then(|side| side.ty.clone());
        let Some(first) = given.next() else { return Origin::default() };
        let small = Tags::BOUNDED.or(Tags::BYTE);
        let both = given.fold(first.tags.and(small), |tags, side| tags.and(side.tags));
        // Two bytes are more than one.
        let small =
            if matches!(binary.op, BinOp::Add(_) | BinOp::Sub(_)) { both } else { both.and(Tags::BOUNDED) };
        Origin::of(Tags::INPUT.or(small)).typed(ty)
    }

    /// A number of several bytes.
    fn of_bytes(&self, call: &ExprCall) -> Option<Origin> {
        let is_given = match call.args.first()? {
            Expr::Array(bytes) => bytes.elems.iter().any(|byte| self.of(byte).is(Tags::INPUT)),
            bytes => self.of(bytes).is(Tags::INPUT),
        };
        is_given.then(|| Origin::of(Tags::INPUT).typed(given::read_by(&call.func)))
    }

    /// One of several, or several of them; `value["name"]` is how JSON is read.
    fn indexed(&self, index: &syn::ExprIndex) -> Origin {
        let whole = self.of(&index.expr);
        if whole.is(Tags::INPUT)
            && matches!(&*index.index, Expr::Lit(key) if matches!(key.lit, syn::Lit::Str(_)))
        {
            return Origin::of(Tags::INPUT).typed(Some(given::VALUE.into()));
        }
        if whole.is(Tags::INPUT) && matches!(&*index.index, Expr::Range(_)) {
            let ty = whole.ty.clone();
            return part(whole).typed(ty.filter(|ty| !given::is_array(ty)));
        }
        // The beginning of a secret only identifies it.
        let is_cut = matches!(&*index.index, Expr::Range(range) if range.end.is_some());
        if whole.is(Tags::SECRET) && is_cut { Origin::of(Tags::REQUEST) } else { part(whole) }
    }

    /// The value of any arm.
    fn of_match(&self, branch: &ExprMatch) -> Origin {
        let value = self.of(&branch.expr);
        let arm = |arm: &Arm| {
            let mut inner = self.copied();
            inner.bind(&arm.pat, &value);
            inner.of(&arm.body).without(Tags::GUARD)
        };
        branch.arms.iter().map(arm).fold(Origin::default(), Origin::joined)
    }

    /// The value at a block's end.
    fn of_block(&self, block: &Block) -> Origin {
        let Some(Stmt::Expr(last, None)) = block.stmts.last() else { return Origin::default() };
        let mut inner = self.copied();
        for statement in &block.stmts {
            if let Stmt::Local(Local { pat, init: Some(init), .. }) = statement {
                let origin = inner.of(&init.expr);
                inner.bind(pat, &origin);
            }
        }
        // Guards in the block are released at its end.
        inner.of(last).without(Tags::GUARD)
    }

    fn copied(&self) -> Self {
        Self { found: self.found.clone(), bound: self.bound, barrier: self.barrier, types: self.types }
    }

    fn of_name(&self, name: &str) -> Origin {
        if let Some(known) = self.find(name) {
            return known.clone();
        }
        let is_static = name.len() > 1
            && name.chars().all(|one| one.is_ascii_uppercase() || one.is_ascii_digit() || one == '_');
        if is_static { self.types.shared(name, self.types.of_static(name)) } else { Origin::default() }
    }

    /// A lock operation that has been awaited.
    fn awaited(&self, future: &Expr) -> Origin {
        let origin = self.of(future);
        let Expr::MethodCall(call) = future else { return origin };
        let shared = origin.is(Tags::SHARED) && !origin.is(Tags::HANDLE);
        let locks = match call.method.to_string().as_str() {
            "lock" | "lock_owned" => !origin.has_type(&["Receiver", "UnboundedReceiver"]),
            // Nothing else that is written to is awaited without a result.
            "write" | "write_owned" => origin.ty.is_none() || origin.has_type(&["RwLock"]),
            "read" | "read_owned" => origin.has_type(&["RwLock"]),
            _ => false,
        };
        let is_turn = origin.ty.as_ref().is_some_and(|ty| ty.contains("Mutex < () >"));
        if shared && locks && call.args.is_empty() && !is_turn { origin.locked(&call.method) } else { origin }
    }

    pub(super) fn field(&self, base: &Origin, member: &Member) -> Origin {
        let base = base.clone().without(Tags::GUARD);
        let name = member.to_token_stream().to_string();
        if base.is(Tags::INPUT) {
            let ty = base.ty.as_ref().and_then(|ty| match member {
                Member::Named(_) => self.types.field(ty, &name),
                Member::Unnamed(index) => {
                    given::place(ty, index.index as usize).or_else(|| self.types.field(ty, &name))
                }
            });
            let measured = if ty.is_none() { base.tags.and(Tags::MEASURED) } else { Tags::default() };
            return Origin::of(Tags::INPUT.or(Tags::PARTIAL).or(measured)).typed(ty);
        }
        if !base.is(Tags::SHARED) {
            let ty = base.ty.as_deref().filter(|_| base.is(Tags::REQUEST));
            let ty = ty.and_then(|ty| self.types.field(ty, &name));
            return Origin { ty, ..base };
        }
        let place = base.place.as_ref().map_or_else(|| name.clone(), |place| format!("{place}.{name}"));
        let ty = base.ty.as_deref().and_then(|ty| self.types.field(ty, &name));
        self.types.shared(&place, ty)
    }

    fn method(&self, call: &ExprMethodCall) -> Origin {
        let receiver = self.of(&call.receiver);
        let name = call.method.to_string();
        if receiver.is(Tags::HANDLE) {
            return of_handle(&name, receiver);
        }
        if receiver.is(Tags::INPUT) {
            if let ("map" | "and_then" | "filter_map" | "flat_map", Some(Expr::Closure(closure))) =
                (name.as_str(), call.args.first())
            {
                return self.mapped(&receiver, closure, name == "map");
            }
            if let ("map" | "and_then", Some(function @ Expr::Path(path))) =
                (name.as_str(), call.args.first())
                && path.path.segments.last().is_some_and(|last| last.ident == "parse")
            {
                return Origin::of(Tags::INPUT.or(Tags::PARTIAL)).typed(given::read_by(function));
            }
            if matches!(name.as_str(), "map" | "and_then" | "filter_map" | "map_while")
                && call.args.first().is_some_and(is_local_function)
            {
                // Its return type may be an array.
                return Origin::of(kinds::of_input(receiver.tags, &name)).with(Tags::MEASURED);
            }
            let ty = of_method(&receiver, &name, call);
            return Origin::of(kinds::of_input(receiver.tags, &name)).typed(ty);
        }
        if receiver.is(Tags::REQUEST) {
            return self.of_request(receiver, &name, call);
        }
        let is_dash = receiver.has_type(&["DashMap", "DashSet"]) && receiver.is(Tags::SHARED);
        if is_dash && DASH.contains(&name.as_str()) {
            let begins = matches!(name.as_str(), "get" | "get_mut" | "entry" | "iter" | "iter_mut");
            return match (begins, receiver.is(Tags::GUARD)) {
                (true, false) => receiver.locked(&call.method),
                // A value from behind a guard is not a guard.
                (true, true) => receiver.without(Tags::GUARD),
                (false, _) => receiver,
            };
        }
        let locks = matches!(name.as_str(), "lock" | "read" | "write") && call.args.is_empty();
        if locks
            && receiver.is(Tags::SHARED)
            && receiver.ty.as_ref().is_some_and(|ty| self.types.is_sync_lock(ty))
        {
            return receiver.locked(&call.method).with(Tags::SYNC);
        }
        match name.as_str() {
            "unwrap" | "expect" | "map_err" | "unwrap_or_else" if self.is_wrapped(&receiver) => receiver,
            "unwrap" | "expect" | "map_err" if !receiver.is(Tags::GUARD) => receiver,
            "downgrade" => receiver,
            _ if receiver.is(Tags::SHARED) && gives_one(&name) => {
                receiver.without(Tags::GUARD).with(Tags::SINGLE)
            }
            _ => receiver.without(Tags::GUARD),
        }
    }

    /// Whether `lock` returned a `Result`, as that of `std` does.
    fn is_wrapped(&self, guard: &Origin) -> bool {
        guard.is(Tags::SYNC) && guard.ty.as_ref().is_some_and(|ty| self.types.is_std_lock(ty))
    }

    /// A value from the request; a secret stays secret as long as it is only inspected.
    fn of_request(&self, receiver: Origin, name: &str, call: &ExprMethodCall) -> Origin {
        if let ("get" | "get_all" | "remove", Some(key)) = (name, call.args.first()) {
            let secret = if kinds::is_secret_key(key) { Tags::SECRET } else { Tags::default() };
            return Origin::of(Tags::REQUEST.or(secret));
        }
        if kinds::is_measure(name) || kinds::hides(name) {
            return Origin::default();
        }
        if !receiver.is(Tags::SECRET) {
            let keeps = LENDS.contains(&name);
            return if keeps { receiver } else { Origin::of(Tags::REQUEST) };
        }
        // `map_or` takes another value before it.
        match call.args.iter().find(|one| matches!(one, Expr::Closure(_))) {
            Some(Expr::Closure(closure)) => {
                let mut inner = self.copied();
                closure.inputs.iter().for_each(|input| inner.bind(input, &receiver));
                inner.of(&closure.body)
            }
            _ if name == "as_str" => receiver.typed(None),
            _ if kinds::keeps_secret(name) => receiver,
            _ => Origin::of(Tags::REQUEST),
        }
    }

    /// The closure's result for each item.
    fn mapped(&self, receiver: &Origin, closure: &syn::ExprClosure, is_map: bool) -> Origin {
        let partial = if receiver.is(Tags::PARTIAL) { Tags::PARTIAL } else { Tags::default() };
        let mut inner = self.copied();
        let given = part(receiver.clone());
        for input in &closure.inputs {
            inner.bind(input, &given);
        }
        let made = inner.of(&closure.body);
        // It may be an array.
        let measured = if made == Origin::default() { Tags::MEASURED } else { Tags::default() };
        let split = if is_map { receiver.tags.and(Tags::SPLIT) } else { Tags::default() };
        made.with(Tags::INPUT).with(partial).with(measured).with(split)
    }

    fn call(&self, call: &ExprCall) -> Origin {
        let Expr::Path(function) = &*call.func else { return Origin::default() };
        let path = self.types.imports().resolve_path(&function.path);
        let last = segments::last(&path);
        if matches!(last, "timeout" | "timeout_at") && call.args.len() == 2 {
            return self.of(&call.args[1]);
        }
        let all = || call.args.iter().map(|one| self.of(one)).fold(Origin::default(), Origin::joined);
        if kinds::wraps(&path) {
            return all().without(Tags::GUARD);
        }
        // A shared list that is taken out of its lock is what it was.
        if kinds::takes_out(&path)
            && let Some(place) = call.args.first()
            && let taken = self.of(place)
            && taken.is(Tags::SHARED)
        {
            return taken.without(Tags::GUARD);
        }
        let given = all();
        if kinds::converts_guard(&path) && given.is(Tags::GUARD) {
            return given;
        }
        if kinds::reads(last) && given.is(Tags::INPUT) {
            let text = if last == "from_utf8" { Tags::TEXT } else { Tags::default() };
            let measured = if last == "try_from" { Tags::MEASURED } else { Tags::default() };
            let made = Origin::of(Tags::INPUT.or(Tags::PARTIAL).or(text).or(measured));
            return made.typed(given::read_by(&call.func));
        }
        if last.starts_with("from_")
            && last.ends_with("_bytes")
            && let Some(number) = self.of_bytes(call)
        {
            return number;
        }
        // `usize::from(number)`
        let of = segments::before_last(&path).unwrap_or_default();
        if last == "from" && given.is(Tags::INPUT) && crate::syntax::is_scalar(of) {
            let size = self.size_of(&given);
            // Only numbers of less than 32 bits are converted to `usize`.
            let unknown =
                if given.ty.is_none() && !given.is(Tags::BYTE) { Tags::BOUNDED } else { Tags::default() };
            return given.with(size.or(unknown)).typed(Some(of.into()));
        }
        if kinds::hides(last) || self.types.gives_scalar(last) {
            return Origin::default();
        }
        if let Some(map) = segments::before_last(&path).filter(|of| given::MAPS.contains(of)) {
            return Origin::default().typed(Some(map.into()));
        }
        if let Some(of) = segments::before_last(&path)
            && let Some(made) = self.made_by(call, of)
        {
            return made;
        }
        // A helper that reads something from the request.
        let reads_request = |one: &Expr| match one {
            Expr::Reference(lent) => self.of(&lent.expr).is(Tags::HANDLE.or(Tags::REQUEST)),
            other => self.of(other).is(Tags::REQUEST),
        };
        if call.args.iter().any(reads_request) { Origin::of(Tags::REQUEST) } else { Origin::default() }
    }

    /// A type that is written there says more than what the value was made of.
    fn bind_typed(&mut self, pattern: &syn::PatType, value: &Origin) {
        let is_map =
            last_segment(&pattern.ty).is_some_and(|last| given::MAPS.iter().any(|map| last.ident == map));
        if value.is(Tags::INPUT) && !matches!(&*pattern.ty, syn::Type::Infer(_))
            || is_map && value.ty.as_deref().is_none_or(|ty| given::MAPS.contains(&ty))
        {
            let ty = pattern.ty.to_token_stream().to_string().into();
            return self.bind(&pattern.pat, &value.clone().typed(Some(ty)));
        }
        self.bind(&pattern.pat, value);
    }

    /// Assigns the value's origin to the names of a pattern.
    pub(super) fn bind(&mut self, pattern: &Pat, value: &Origin) {
        match pattern {
            Pat::Ident(name) => {
                if let Some((_, inner)) = &name.subpat {
                    self.bind(inner, value);
                }
                if moves::is_variable(&name.ident) {
                    self.add(name.ident.to_string(), value.clone());
                }
            }
            Pat::Paren(inner) => self.bind(&inner.pat, value),
            Pat::Reference(inner) => self.bind(&inner.pat, value),
            Pat::Type(inner) => self.bind_typed(inner, value),
            Pat::Tuple(tuple) => {
                for (index, one) in tuple.elems.iter().enumerate() {
                    let ty = value.ty.as_ref().filter(|_| value.is(Tags::INPUT));
                    match ty.and_then(|ty| given::place(ty, index)) {
                        Some(ty) => self.bind(one, &value.clone().typed(Some(ty))),
                        None => self.bind(one, value),
                    }
                }
            }
            Pat::Slice(slice) => {
                let part = part(value.clone());
                slice.elems.iter().for_each(|one| self.bind(one, &part));
            }
            Pat::Or(or) => or.cases.iter().for_each(|one| self.bind(one, value)),
            Pat::TupleStruct(variant) => {
                let inner = within(&variant.path, value);
                for (index, one) in variant.elems.iter().enumerate() {
                    let ty = self.types.variant(&variant.path, &index.to_string());
                    match ty.filter(|_| value.is(Tags::INPUT)) {
                        Some(ty) => self.bind(one, &inner.clone().typed(Some(ty))),
                        None => self.bind(one, &inner),
                    }
                }
            }
            Pat::Struct(fields) => {
                for field in &fields.fields {
                    let mut inner = self.field(value, &field.member);
                    if value.is(Tags::INPUT) {
                        let name = field.member.to_token_stream().to_string();
                        inner.ty = self.types.variant(&fields.path, &name).or(inner.ty);
                    }
                    self.bind(&field.pat, &inner);
                }
            }
            Pat::Guard(guarded) => self.bind(&guarded.pat, value),
            _ => {}
        }
    }
}

/// The name of the variable or field that a value is, or is a copy of.
fn called(value: &Expr) -> Option<&syn::Ident> {
    match value {
        Expr::Path(path) => path.path.get_ident(),
        Expr::Reference(lent) => called(&lent.expr),
        Expr::MethodCall(call)
            if ["clone", "to_owned", "to_string", "into"].iter().any(|one| call.method == one) =>
        {
            called(&call.receiver)
        }
        Expr::Field(field) => match &field.member {
            Member::Named(name) => Some(name),
            Member::Unnamed(_) => None,
        },
        _ => None,
    }
}

fn last_of(path: &syn::Path) -> Option<Rc<str>> {
    path.segments.last().map(|last| last.ident.to_string().into())
}

/// Methods that return at most one of many.
fn gives_one(method: &str) -> bool {
    const METHODS: [&str; 18] = [
        "get",
        "get_mut",
        "remove",
        "entry",
        "first",
        "last",
        "next",
        "pop",
        "pop_front",
        "pop_back",
        "find",
        "nth",
        "choose",
        "insert",
        "swap_remove",
        "peek",
        "min_by_key",
        "max_by_key",
    ];
    METHODS.contains(&method)
}

/// A function by its name alone, or by a path that is not one of a type of the standard library.
fn is_local_function(function: &Expr) -> bool {
    const KNOWN: [&str; 12] = [
        "str",
        "String",
        "Some",
        "Ok",
        "Into",
        "From",
        "ToOwned",
        "ToString",
        "AsRef",
        "Utf8Bytes",
        "Bytes",
        "Vec",
    ];
    let Expr::Path(path) = function else { return false };
    let first = path.path.segments.first().map(|first| first.ident.to_string()).unwrap_or_default();
    let last = path.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
    path.qself.is_none() && !KNOWN.contains(&first.as_str()) && !kinds::reads(&last) && first != "std"
}

/// The type of what a method makes of what the client sent.
fn of_method(receiver: &Origin, method: &str, call: &ExprMethodCall) -> Option<Rc<str>> {
    if let Some(ty) = call.turbofish.as_ref().and_then(|fish| {
        fish.args.iter().find_map(|one| match one {
            syn::GenericArgument::Type(ty) if !matches!(ty, syn::Type::Infer(_)) => {
                Some(ty.to_token_stream())
            }
            _ => None,
        })
    }) {
        return (method == "parse").then(|| ty.to_string().into());
    }
    if method == "parse" {
        // As an index it is a number, unless a type is written somewhere.
        return Some("usize".into());
    }
    let ty = receiver.ty.as_ref()?;
    let is_value = given::name_of(ty) == given::VALUE;
    match method {
        "unwrap" | "expect" | "unwrap_or" | "unwrap_or_default" | "unwrap_or_else" => {
            Some(given::unwrapped(ty))
        }
        "ok" | "ok_or" | "ok_or_else" | "map_err" | "as_ref" | "as_deref" | "as_mut" | "cloned"
        | "copied" | "clone" | "context" | "with_context" | "to_owned" | "iter" | "into_iter"
        | "iter_mut" | "rev" | "skip" | "by_ref" | "to_vec" | "inspect_err" => Some(Rc::clone(ty)),
        "get" | "get_mut" | "pointer" | "take" if is_value => Some(Rc::clone(ty)),
        "first" | "last" | "get" | "get_mut" | "next" | "pop" => given::element(ty),
        _ => None,
    }
}

/// The content of a variant with this name.
fn within(variant: &syn::Path, value: &Origin) -> Origin {
    let name = variant.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
    match name.as_str() {
        "Err" | "Close" | "None" => Origin::default(),
        "Ok" | "Some" => {
            let ty = value
                .ty
                .as_ref()
                .map(given::unwrapped)
                .filter(|_| value.is(Tags::INPUT))
                .or(value.ty.clone());
            value.clone().without(Tags::PARTIAL).typed(ty)
        }
        _ if !value.is(Tags::INPUT) => value.clone(),
        "Text" => Origin::of(Tags::INPUT.or(Tags::TEXT)),
        // No byte is larger than a table of 256.
        "Binary" => Origin::of(Tags::INPUT.or(Tags::BYTE)),
        _ => Origin::of(Tags::INPUT),
    }
}

fn of_handle(method: &str, handle: Origin) -> Origin {
    match method {
        "recv" | "next" | "try_next" => Origin::of(Tags::INPUT).typed(handle.ty),
        "headers" | "uri" => Origin::of(Tags::REQUEST),
        "bearer_token" | "cookie_token" => {
            Origin::of(Tags::REQUEST.or(Tags::SECRET)).typed(Some(MASKED.into()))
        }
        "accept" | "split" | "reunite" | "fuse" | "boxed" | "ok" | "ok_or" | "protocols" => handle,
        _ if LENDS.contains(&method) => handle,
        _ => Origin::default(),
    }
}

/// One of several.
pub(super) fn part(all: Origin) -> Origin {
    let text = if all.is(Tags::PARTS) { Tags::TEXT } else { Tags::default() };
    let kept = all.tags.and(Tags::BOUNDED.or(Tags::MEASURED).or(Tags::BYTE));
    if !all.is(Tags::INPUT) {
        return all.without(Tags::GUARD);
    }
    let ty = all.ty.as_ref().and_then(given::element);
    Origin::of(Tags::INPUT.or(text).or(kept)).typed(ty)
}
