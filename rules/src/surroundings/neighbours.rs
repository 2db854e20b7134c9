//! The functions of a file, as far as their callers need to know them.

use std::{
    cell::{OnceCell, RefCell},
    collections::{BTreeSet, HashMap, HashSet},
    fmt, iter,
    rc::Rc,
};

use proc_macro2::Span;
use quote::ToTokens;
use syn::{Expr, ExprCall, File, ReturnType, Signature, Type};

use super::{
    Elsewhere, Shapes, Surroundings,
    collect::{self, Collected, Found},
    deeds::Deeds,
    events::{Gives, denies_lags, gives, hides_lags},
    hazards::{Hazard, hazards},
    made::{Made, made},
    receiver::{type_path, without_alias},
    timed::timed,
    unseen::unseen,
    waited_for::{self, WaitedFor},
};
use crate::{
    Rule,
    catalogue::{Parses, Unheard, abandons, keeps_time, pushes_rarely},
    check,
    flow::{Deed, Flavor, Flow, Imports, Kind, Lasts, Step, blocking, is_handle_type, type_of},
    reading::{constructed, each_expression, given, made_error},
    syntax::{Diagnostic, Function, Map, Words, segments},
};

/// How many calls deep blocking calls are searched.
const DEPTH: usize = 4;

/// The names of fields, and their handles.
type Fields = Vec<(String, (Flavor, Kind))>;

/// The functions of a file.
#[derive(Debug, Default, Clone)]
pub struct Neighbours {
    functions: Map<Vec<Neighbour>>,
    /// The handles in the fields of each struct.
    fields: Map<Fields>,
    /// The paths of the types of the fields of each struct.
    types: Rc<Map<Vec<(String, String)>>>,
    shapes: Rc<Shapes>,
    /// See [`Collected::routed`].
    routed: Vec<(String, String)>,
    /// The names in what is passed to `timeout`.
    timed: HashSet<String>,
    /// The functions that push, and whose callers wait for their end.
    waited_for: HashMap<String, WaitedFor>,
    /// The functions that are only spawned, and whose results nobody looks at.
    unseen: HashSet<String>,
    /// The imports at the top of the file.
    imports: Imports,
    /// The modules that are files of their own.
    files: Vec<String>,
    /// See [`Collected::paths`].
    paths: Vec<(String, String)>,
    beside: Beside,
}

/// What is beside a file.
#[derive(Debug, Default, Clone)]
struct Beside {
    /// The module that it is, if other files call it: `crate::store`.
    module: Option<Rc<str>>,
    elsewhere: Option<Elsewhere>,
}

/// A function, as its callers see it.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Debug, Clone)]
pub(crate) struct Neighbour {
    /// Its name, preceded by the type of its `impl` block: `Store::save`.
    pub(crate) name: String,
    /// The module that its file is, if only other files call it: `crate::store`.
    module: Option<Rc<str>>,
    /// The type of its `impl` block.
    of: Option<String>,
    /// The modules of the file around it.
    within: String,
    /// Whether it returns `!`.
    pub(crate) diverges: bool,
    pub(crate) is_async: bool,
    /// Whether it has a parameter that is a handle, so that it is checked separately.
    pub(crate) takes_handle: bool,
    /// The call in it, or in what it calls, that blocks the thread.
    pub(crate) blocks: Option<Blocks>,
    /// The constructors of `sockeye::Error` whose errors it returns.
    fails_with: Vec<&'static str>,
    /// The constructor of the `sockeye::Error` that it makes, if that is all it does.
    pub(crate) makes_error: Option<&'static str>,
    /// Whether it is a method, with `self`.
    pub(crate) takes_self: bool,
    /// What it does with the handles that it borrows, as far as that is known.
    deeds: Deeds,
    /// The struct that it puts its parameters into, if that is all it does with them.
    pub(crate) makes: Option<Made>,
    /// Whether it returns the next event of a feed, and nothing for a lag.
    pub(crate) hides_lags: bool,
    /// The same, and returns `false` for a lag.
    pub(crate) denies_lags: bool,
    /// The receivers of feeds that it returns.
    pub(crate) gives: Gives,
    /// What goes wrong in it with values of the client.
    hazards: Vec<Hazard>,
    /// How many messages it receives from a socket, in sequence; zero if it has a loop.
    pub(crate) receives: usize,
    /// The faults in what it does with a handle.
    pub(crate) faults: Vec<Fault>,
    /// Whether one of the parameters receives from a client.
    pub(crate) takes_receiver: bool,
    /// Whether it pings in a loop, and ends without a word when the client does not answer.
    pub(crate) abandons: bool,
    /// Whether it sends in a loop, and waits long before it does so again.
    pub(crate) pushes_rarely: bool,
    /// Whether it pings, or something in it is about time.
    pub(crate) keeps_time: bool,
    /// The words of its body.
    pub(crate) words: Rc<Words>,
    imports: Imports,
    is_ours: bool,
    is_test: bool,
}

/// Where a function gets a handle from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// The parameter with this number, without `self`.
    Parameter(usize),
    /// `self.socket`.
    Field(String),
}

/// A call that blocks the thread.
#[derive(Debug, Clone)]
pub(crate) struct Blocks {
    pub(crate) call: String,
    pub(crate) line: Line,
}

/// A line of the file, or of the module that is another file.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    number: usize,
    module: Option<Rc<str>>,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.module {
            Some(module) => write!(f, "line {} of `{module}`", self.number),
            None => write!(f, "line {}", self.number),
        }
    }
}

/// A rule's report about a helper.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    /// Where it is.
    pub(crate) line: Line,
    /// The function that it is in, if that is another one, which this one calls.
    pub(crate) of: Option<String>,
    pub(crate) rule: &'static Rule,
    pub(crate) message: String,
    pub(crate) help: String,
}

impl Fault {
    /// The report about a function of this file.
    pub(super) fn of(file: &Neighbours, found: Diagnostic) -> Self {
        let Diagnostic { rule, message, help, start, .. } = found;
        // What is wrong may be in a function that this one calls.
        let line = found.beyond.unwrap_or_else(|| file.line_of(start));
        Self { line, of: None, rule, message, help }
    }
}

/// The parsed functions of a file, so that they need not be parsed again for checking.
pub struct Functions(RefCell<HashMap<usize, Function>>);

impl Functions {
    fn of(found: Vec<Found>) -> Self {
        let function = |found: Found| (place(&found.function.sig), found.function);
        Self(RefCell::new(found.into_iter().map(function).collect()))
    }

    /// Takes the function with this signature, private and without attributes; `None` if it was not parsed, such as one in a macro.
    pub fn take(&self, sig: &Signature) -> Option<Function> {
        self.0.borrow_mut().remove(&place(sig))
    }
}

/// Its start.
fn place(sig: &Signature) -> usize {
    sig.fn_token.span.byte_range().start
}

impl Neighbours {
    /// The functions of a file that is checked as a whole, where each helper is checked separately.
    ///
    /// The imports are what is known about the package around the file.
    pub fn of(file: &File, around: &Imports) -> Rc<Self> {
        Self::with_functions(&mut file.clone(), around, None).0
    }

    /// The same, and the functions themselves for checking, with their bodies: in the file they are empty then.
    pub fn with_functions(
        file: &mut File,
        around: &Imports,
        elsewhere: Option<Elsewhere>,
    ) -> (Rc<Self>, Functions) {
        let collected = collect::collect(file, around.clone());
        let beside = Beside { module: None, elsewhere };
        let known = Rc::new(Self::known(&collected, beside, |_, _| Vec::new()));
        (known, Functions::of(collected.functions))
    }

    /// The functions of the file that is this module, for other files of the crate.
    pub fn of_module(mut file: File, around: &Imports, module: &str, elsewhere: Option<Elsewhere>) -> Self {
        let collected = collect::collect(&mut file, around.clone());
        Self::known(&collected, Beside { module: Some(module.into()), elsewhere }, |_, _| Vec::new())
    }

    /// The functions of a file of which only one is checked: faults in its helpers have to be reported with it.
    pub fn with_faults(mut file: File, around: &Imports) -> Rc<Self> {
        let collected = collect::collect(&mut file, around.clone());
        let known = Self::known(&collected, Beside::default(), faults);
        Rc::new(known.with_faults_of_called(&collected.functions))
    }

    /// Those who call a function with faults have them as well.
    fn with_faults_of_called(mut self, functions: &[Found]) -> Self {
        for _ in 0..DEPTH {
            if self.functions.values().flatten().all(|one| one.faults.is_empty()) {
                break;
            }
            let around = Rc::new(self);
            let found: Vec<_> = functions.iter().map(|found| faults_of_called(found, &around)).collect();
            self = Rc::unwrap_or_clone(around);
            for (found, faults) in functions.iter().zip(found) {
                let same = self.functions.get_mut(&found.function.name().to_string()).into_iter().flatten();
                same.filter(|one| one.is(found)).for_each(|one| one.take_over(&faults));
            }
        }
        self
    }

    /// What is known before any function has been checked.
    fn without_functions(collected: &Collected, beside: Beside) -> Self {
        Self {
            functions: Map::default(),
            fields: fields(collected),
            types: Rc::new(types(collected)),
            shapes: Rc::clone(&collected.shapes),
            routed: collected.routed.clone(),
            timed: timed(collected.functions.iter().map(|found| &found.function)),
            waited_for: waited_for::waited_for(&collected.functions),
            unseen: unseen(&collected.functions),
            imports: collected.imports.clone(),
            files: collected.files.clone(),
            paths: collected.paths.clone(),
            beside,
        }
    }

    fn known(
        collected: &Collected,
        beside: Beside,
        faults: impl Fn(&Found, &Rc<Self>) -> Vec<Fault>,
    ) -> Self {
        let around = Rc::new(Self::without_functions(collected, beside));
        let mut functions: Map<Vec<Neighbour>> = Map::default();
        for (found, hazards) in collected.functions.iter().zip(hazards(&collected.functions, &around)) {
            let neighbour = Neighbour::of(found, &around, hazards, faults(found, &around));
            functions.entry(found.function.name().to_string()).or_default().push(neighbour);
        }
        let neighbours = Self { functions, ..Rc::unwrap_or_clone(around) };
        let mut neighbours = neighbours.with_deeds(&collected.functions);
        neighbours.find_blocking(&collected.functions);
        neighbours
    }

    /// Follows the functions that borrow handles, and then those that pass them on to these.
    fn with_deeds(self, functions: &[Found]) -> Self {
        let none = Rc::new(self);
        let first: Vec<_> = functions.iter().map(|found| Deeds::of(found, &none)).collect();
        let does = functions.iter().zip(&first).filter(|(_, deeds)| !deeds.is_empty());
        let names: HashSet<_> = does.map(|(found, _)| found.function.name().to_string()).collect();
        let once = Rc::new(Rc::unwrap_or_clone(none).given(functions, first));
        let second = functions.iter().map(|found| {
            let calls_one = found.imports.mean(found.function.words(), |word| names.contains(word));
            if calls_one { Deeds::of(found, &once) } else { Deeds::default() }
        });
        let second = second.collect();
        Rc::unwrap_or_clone(once).given(functions, second)
    }

    fn given(mut self, functions: &[Found], deeds: Vec<Deeds>) -> Self {
        for (found, deeds) in functions.iter().zip(deeds).filter(|(_, deeds)| !deeds.is_empty()) {
            let same = self.functions.get_mut(&found.function.name().to_string()).into_iter().flatten();
            same.filter(|one| one.is(found)).for_each(|one| one.deeds = deeds.clone());
        }
        self
    }

    /// The structs with fields whose methods block the thread, and the paths of the types of these.
    fn blocking_fields(&self) -> HashMap<String, Vec<String>> {
        let mut found: HashMap<String, Vec<String>> = HashMap::new();
        for (of, fields) in &*self.types {
            for (_, path) in fields.iter().filter(|(_, path)| blocking::is_type(path)) {
                found.entry(of.clone()).or_default().push(path.clone());
            }
        }
        found
    }

    /// Follows calls from function to function: each round finds blocking calls one level deeper.
    fn find_blocking(&mut self, functions: &[Found]) {
        let file = OnceCell::new();
        let types = Rc::clone(&self.types);
        let only_types = || Rc::new(Self { types: Rc::clone(&types), ..Self::default() });
        let around = |found: &Found| found.around(file.get_or_init(only_types));
        let blocking_fields = self.blocking_fields();
        let arounds: Vec<_> = functions.iter().map(|_| OnceCell::new()).collect();
        let flows: Vec<_> = functions
            .iter()
            .map(|found| {
                let fields = fields_for(found, &blocking_fields);
                (blocking::may_stand_in(&found.function, &found.imports, &fields), OnceCell::new())
            })
            .collect();
        let mut blocking = HashSet::new();
        for _ in 0..DEPTH {
            let mut news = Vec::new();
            for ((found, (may_block, flow)), cell) in functions.iter().zip(&flows).zip(&arounds) {
                // Most functions neither block nor call one that does, and need not be followed.
                let calls_one = || found.imports.mean(found.function.words(), |word| blocking.contains(word));
                if !may_block && !calls_one() && !self.uses_others(found) {
                    continue;
                }
                let flow = flow.get_or_init(|| {
                    Flow::of_helper(&found.function, &found.imports, cell.get_or_init(|| around(found)))
                });
                let Some(flow) = flow else { continue };
                let name = found.function.name().to_string();
                let known = self.functions[&name].iter().any(|one| one.is(found) && one.blocks.is_some());
                if known {
                    continue;
                }
                if let Some(blocks) = flow.first_blocking(self, found.of.as_deref()) {
                    news.push((name, found, blocks));
                }
            }
            if news.is_empty() {
                return;
            }
            blocking.extend(news.iter().map(|(name, ..)| name.clone()));
            for (name, found, blocks) in news {
                let same = self.functions.get_mut(&name).into_iter().flatten();
                same.filter(|one| one.is(found)).for_each(|one| one.blocks = Some(blocks.clone()));
            }
        }
    }

    /// The place of the one function with this name that has one of Sockeye's attributes; `None` if there are several.
    pub fn around(self: &Rc<Self>, name: &str) -> Option<Surroundings> {
        let mut ours = self.functions.get(name)?.iter().filter(|one| one.is_ours);
        let only = ours.next().filter(|_| ours.next().is_none())?;
        Some(Surroundings {
            imports: only.imports.clone(),
            neighbours: Rc::clone(self),
            of: only.of.clone(),
            helpers_are_judged: false,
            is_test: only.is_test,
        })
    }

    /// Whether the function uses what other files may define.
    fn uses_others(&self, found: &Found) -> bool {
        let words = found.function.words();
        self.beside.elsewhere.is_some()
            && (self.files.iter().any(|module| words.contains(module))
                || ["crate", "super"].iter().any(|first| words.contains(*first))
                || found.imports.stand_for(words).any(begins_in_crate))
    }

    pub(crate) fn line_of(&self, span: Span) -> Line {
        Line { number: span.start().line, module: self.beside.module.clone() }
    }

    /// Whether functions of other files call those of this one.
    pub(super) fn is_for_others(&self) -> bool {
        self.beside.module.is_some()
    }

    /// The function with the path of a call, if there can be only one: of this file, or of another one of the crate.
    pub(crate) fn called(&self, path: &str, of: Option<&str>) -> Option<&Neighbour> {
        // A module of this file may have the name of another file.
        let is_far = path.starts_with("crate::") || path.starts_with("super::");
        let elsewhere = || self.called_elsewhere(path);
        let far = if is_far { elsewhere() } else { None };
        far.or_else(|| self.called_here(path, of)).or_else(|| if is_far { None } else { elsewhere() })
    }

    fn called_elsewhere(&self, path: &str) -> Option<&Neighbour> {
        let elsewhere = self.beside.elsewhere.as_ref().filter(|_| !self.functions.contains_key(path))?;
        let called = |path: &str| {
            elsewhere.called(path).or_else(|| self.relocated(path).find_map(|path| elsewhere.called(&path)))
        };
        called(path).or_else(|| self.imported(path).find_map(|path| called(&path)))
    }

    /// Where `#[path = ".."]` places the function with this path: beside this file, or in the folder of its name.
    fn relocated(&self, path: &str) -> impl Iterator<Item = String> {
        let inside = path.strip_prefix("self::").or_else(|| path.strip_prefix("crate::")).unwrap_or(path);
        let (module, rest) = segments::split_first(inside).unwrap_or((inside, ""));
        let file = self.paths.iter().find(|(name, _)| name == module).map(|(_, file)| file.as_str());
        file.into_iter().flat_map(move |file| ["self", "super"].map(|root| format!("{root}::{file}::{rest}")))
    }

    /// What a path at the top of the file may stand for, if it does not begin with `crate`, `self` or `super`.
    pub(super) fn imported(&self, path: &str) -> impl Iterator<Item = String> {
        let globs = self.imports.globs().map(move |glob| format!("{glob}{path}"));
        let named = iter::once(self.imports.resolve(path)).filter(move |full| full != path);
        let is_relative = !begins_in_crate(path);
        named.chain(globs).filter(move |_| is_relative)
    }

    /// The function of this file with the path of a call.
    pub(super) fn called_here(&self, path: &str, of: Option<&str>) -> Option<&Neighbour> {
        let path = path.strip_prefix("self::").unwrap_or(path);
        let (before, name) =
            segments::split_last(path).map_or((None, path), |(before, name)| (Some(before), name));
        let Some(before) = before else { return self.only(name, None) };
        let last = segments::last(before);
        if last == "Self" {
            return self.only(name, Some(of?));
        }
        if last.starts_with(|first: char| first.is_uppercase()) {
            return self.only(name, Some(last));
        }
        self.only_within(without_root(before), name)
    }

    /// The function in the module of this file whose path ends like this.
    fn only_within(&self, module: &str, name: &str) -> Option<&Neighbour> {
        let is_in = |within: &str| {
            within.strip_suffix(module).is_some_and(|before| before.is_empty() || before.ends_with("::"))
        };
        let mut fitting =
            self.functions.get(name)?.iter().filter(|one| one.of.is_none() && is_in(&one.within));
        fitting.next().filter(|_| !module.is_empty() && fitting.next().is_none())
    }

    /// The method of a type of this file.
    pub(crate) fn method(&self, of: &str, name: &str) -> Option<&Neighbour> {
        self.only(name, Some(of))
    }

    /// The method of the type in a path, of this file or another one of the crate: `crate::Store`, or `crate::Store::open`, which
    /// creates one.
    pub(crate) fn method_of(&self, path: &str, name: &str) -> Option<&Neighbour> {
        let of = type_of(path)?;
        if let Some(implementors) = self.shapes.implementors(of) {
            return self.method_of_trait(of, &implementors.collect::<Vec<_>>(), name);
        }
        let elsewhere = || {
            let (before, _) = path.split_once(of)?;
            self.called_elsewhere(&format!("{before}{of}::{name}"))
        };
        let default = || self.shapes.traits_of(of).find_map(|one| self.method(one, name));
        self.method(of, name).or_else(default).or_else(elsewhere)
    }

    /// The method of a trait of this file that is called if one type implements it, or if no type has a method of its own.
    fn method_of_trait(&self, of: &str, implementors: &[&str], name: &str) -> Option<&Neighbour> {
        let mut own = implementors.iter().filter_map(|one| self.method(one, name));
        match (own.next(), implementors.len()) {
            (Some(only), 1) => Some(only),
            (Some(_), _) => None,
            (None, _) => self.method(of, name),
        }
    }

    /// Every function with this name.
    pub(crate) fn named(&self, name: &str) -> &[Neighbour] {
        self.functions.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    fn only(&self, name: &str, of: Option<&str>) -> Option<&Neighbour> {
        let mut fitting = self.functions.get(name)?.iter().filter(|one| one.of.as_deref() == of);
        fitting.next().filter(|_| fitting.next().is_none())
    }

    /// Whether any function has one of these words, and one of the others after a dot.
    pub(crate) fn have_both(&self, words: &[&str], others: &[&str]) -> bool {
        self.functions
            .values()
            .flatten()
            .any(|one| one.words.have(words) && others.iter().any(|other| one.words.methods.contains(*other)))
    }

    /// Whether every function that has this word after a dot has one of the others as well, and none of the file has any of those
    /// that are left out.
    pub(crate) fn have_only_with(&self, word: &str, others: &[&str], without: &[&str]) -> bool {
        self.functions.values().flatten().all(|one| {
            !one.words.have(without) && (!one.words.methods.contains(word) || one.words.have(others))
        })
    }

    /// Whether this is true of any function.
    pub(crate) fn any(&self, is_so: impl Fn(&Neighbour) -> bool) -> bool {
        self.functions.values().flatten().any(is_so)
    }

    /// The only function with any of these words.
    pub(crate) fn only_with(&self, words: &[&str]) -> Option<&Neighbour> {
        let mut found = self.functions.values().flatten().filter(|one| one.words.have(words));
        found.next().filter(|_| found.next().is_none())
    }

    /// Whether the name is in what a function passes to `timeout`.
    pub(crate) fn time(&self, name: &str) -> bool {
        self.timed.contains(name)
    }

    pub(crate) fn is_unseen(&self, name: &str) -> bool {
        self.unseen.contains(name)
    }

    /// Whether a receiver of a `broadcast` channel is somewhere in there.
    pub(crate) fn gives_feed(&self, gives: &Gives) -> bool {
        gives.is_feed || !gives.parts.is_empty() || gives.of.iter().any(|of| self.has_feed(of))
    }

    /// Whether the struct with this name has one in a field.
    pub(crate) fn has_feed(&self, of: &str) -> bool {
        let is_receiver =
            |path: &str| without_alias(path, &self.shapes, &self.imports).ends_with("broadcast::Receiver");
        self.types_of_fields(of).any(is_receiver)
    }

    /// What the function is given, if a caller waits for its end.
    pub(crate) fn waits_for(&self, name: &str, of: Option<&str>) -> Option<WaitedFor> {
        self.waited_for.get(&waited_for::path(name, of)).copied()
    }

    pub(crate) fn type_of_field(&self, of: &str, field: &str) -> Option<&str> {
        let (_, path) = self.types.get(of)?.iter().find(|(name, _)| name == field)?;
        Some(path)
    }

    pub(super) fn types_of_fields(&self, of: &str) -> impl Iterator<Item = &str> {
        self.types.get(of).into_iter().flatten().map(|(_, path)| path.as_str())
    }

    /// The function of `axum::routing` to which the only function with this name is passed.
    pub(super) fn routed(&self, name: &str) -> Option<&str> {
        let is_only = self.functions.get(name).is_some_and(|all| all.len() == 1);
        self.routed.iter().find(|(one, _)| one == name && is_only).map(|(_, by)| by.as_str())
    }

    pub(crate) fn shapes(&self) -> &Shapes {
        &self.shapes
    }

    /// The types of the other file of the crate that defines this one, or of one whose types this file uses.
    pub(crate) fn shapes_elsewhere(&self, name: &str) -> Option<&Shapes> {
        let elsewhere = self.beside.elsewhere.as_ref()?;
        let path = self.imports.resolve(name);
        let beside = |path: &str| Some(format!("{}::{name}", segments::split_last(path)?.0));
        let in_crate = self.imports.all().map(|(_, path)| path).filter(|path| begins_in_crate(path));
        elsewhere
            .shapes(&path)
            .or_else(|| in_crate.filter_map(beside).find_map(|path| elsewhere.shapes(&path)))
    }

    pub(super) fn has_handles(&self, of: &str) -> bool {
        self.fields.contains_key(of)
    }

    pub(super) fn fields(&self, of: &str) -> impl Iterator<Item = (&str, (Flavor, Kind))> {
        self.fields.get(of).into_iter().flatten().map(|(name, handle)| (name.as_str(), *handle))
    }
}

impl Neighbour {
    fn of(found: &Found, file: &Neighbours, hazards: Vec<Hazard>, faults: Vec<Fault>) -> Self {
        let name = found.function.name();
        let takes_handle = found.takes_handle();
        Self {
            name: found.of.as_ref().map_or_else(|| name.to_string(), |of| format!("{of}::{name}")),
            module: file.beside.module.clone(),
            of: found.of.clone(),
            within: found.within.clone(),
            diverges: diverges(&found.function.sig.output),
            is_async: found.function.sig.asyncness.is_some(),
            takes_handle,
            blocks: None,
            fails_with: fails_with(found),
            makes_error: makes_error(found),
            takes_self: found.function.receiver.is_some(),
            deeds: Deeds::default(),
            makes: made(found),
            hides_lags: hides_lags(found, file),
            denies_lags: denies_lags(found, file),
            gives: gives(found, &file.shapes),
            hazards,
            receives: if takes_handle { receives(found) } else { 0 },
            faults,
            takes_receiver: found.takes_receiver(),
            abandons: abandons(&found.function),
            pushes_rarely: pushes_rarely(&found.function),
            keeps_time: keeps_time(&found.function),
            words: found.function.shared_words(),
            imports: found.imports.clone(),
            is_ours: found.is_ours,
            is_test: found.is_test,
        }
    }

    /// Whether it is this function, as far as its place shows it.
    fn is(&self, found: &Found) -> bool {
        self.of == found.of && self.within == found.within
    }

    /// The type of its `impl` block.
    pub(crate) fn of_type(&self) -> Option<&str> {
        self.of.as_deref()
    }

    /// Its name without that of its type.
    pub(crate) fn short_name(&self) -> &str {
        segments::last(&self.name)
    }

    /// Its name for the function that calls it: `crate::store::save` if it is in another file.
    pub(crate) fn path(&self) -> String {
        let name = &self.name;
        self.module.as_ref().map_or_else(|| name.clone(), |module| format!("{module}::{name}"))
    }

    /// The fault against this rule for a value of the client in the parameter with this number.
    pub(crate) fn hazard(&self, rule: &Rule, parameter: usize) -> Option<&Fault> {
        let is_it = |one: &&Hazard| one.parameter == parameter && one.fault.rule == rule;
        let mut all = self.hazards.iter().filter(is_it);
        all.clone().find(|one| one.of_secret).or_else(|| all.next()).map(|one| &one.fault)
    }

    /// The same, if anything from the client does it.
    pub(crate) fn hazard_of_sent(&self, rule: &Rule, parameter: usize) -> Option<&Fault> {
        let is_it = |one: &&Hazard| one.parameter == parameter && one.fault.rule == rule && !one.of_secret;
        self.hazards.iter().find(is_it).map(|one| &one.fault)
    }

    /// Adds the faults of a function that it calls.
    fn take_over(&mut self, faults: &[Fault]) {
        for fault in faults {
            let is_same = |one: &Fault| one.rule == fault.rule && one.message == fault.message;
            if !self.faults.iter().any(is_same) {
                self.faults.push(fault.clone());
            }
        }
    }

    /// The constructors of `sockeye::Error` whose errors it returns: `close`, `status`.
    pub(crate) fn fails_with(&self) -> &[&'static str] {
        &self.fails_with
    }

    /// Whether there is any such fault.
    pub(crate) fn has_hazard(&self, rule: &Rule) -> bool {
        self.hazards.iter().any(|one| one.fault.rule == rule)
    }

    /// What it does with the handle that it borrows there.
    pub(crate) fn deed(&self, place: &Place) -> Option<Deed> {
        self.deeds.by_place.iter().find(|(one, _)| one == place).map(|(_, deed)| *deed)
    }

    /// How many arguments it takes, without `self`.
    pub(crate) fn takes(&self) -> usize {
        self.gives.takes
    }

    /// What keeps it running after the client has left, if it is a task.
    pub(crate) fn lasts(&self) -> Option<Lasts> {
        self.deeds.lasts
    }

    /// The same for the task that it starts, and whose handle it returns.
    pub(crate) fn starts(&self) -> Option<Lasts> {
        self.deeds.starts
    }

    /// The queues that it sends into without looking at the result, for as long as a feed lasts.
    pub(crate) fn unheard(&self) -> &Unheard {
        &self.deeds.unheard
    }

    /// The kinds of messages for which it returns something, if it receives one and returns `None` for all others.
    pub(crate) fn takes_only(&self) -> &[String] {
        &self.deeds.takes_only
    }

    /// The same if it is given a message.
    pub(crate) fn takes_only_of(&self) -> &Parses {
        &self.deeds.takes_only_of
    }
}

/// `store::disk` of `crate::store::disk`, and of `super::super::store::disk`.
fn without_root(module: &str) -> &str {
    let rest =
        |root: &str| module.strip_prefix(root).filter(|rest| rest.is_empty() || rest.starts_with("::"));
    match ["crate", "self", "super"].into_iter().find_map(rest) {
        Some(rest) => without_root(rest.trim_start_matches("::")),
        None => module,
    }
}

/// Those of `self`, and of the parameters.
fn fields_for<'f>(found: &Found, all: &'f HashMap<String, Vec<String>>) -> Vec<&'f str> {
    if all.is_empty() {
        return Vec::new();
    }
    let paths = found.function.parameters.iter().filter_map(|one| type_path(one.ty(), &found.imports));
    let names: Vec<_> = paths.filter_map(|path| type_of(&path).map(str::to_owned)).collect();
    let fields = names.iter().chain(&found.of).filter_map(|name| all.get(name));
    fields.flatten().map(String::as_str).collect()
}

fn begins_in_crate(path: &str) -> bool {
    ["crate", "self", "super"].contains(&segments::first(path))
}

/// Where a function has its own connection, its errors are judged there.
fn fails_with(found: &Found) -> Vec<&'static str> {
    let owns = |ty: &Type| !matches!(ty, Type::Reference(_)) && is_handle_type(ty, &found.imports);
    let Some(body) = found.function.block() else { return Vec::new() };
    if !found.function.has_word(&["close", "status"])
        || found.function.parameters.iter().any(|one| owns(one.ty()))
    {
        return Vec::new();
    }
    let mut found_ones = BTreeSet::new();
    each_expression(body, found.function.macros(), &mut |expression| {
        found_ones.extend(made_error(expression).and_then(|call| constructor(call, found)));
    });
    found_ones.into_iter().collect()
}

/// The constructor of `sockeye::Error` that this calls.
fn constructor(call: &ExprCall, found: &Found) -> Option<&'static str> {
    let Expr::Path(path) = &*call.func else { return None };
    match found.imports.resolve_path(&path.path).as_str() {
        "sockeye::Error::close" => Some("close"),
        "sockeye::Error::status" => Some("status"),
        _ => None,
    }
}

/// `fn not_found() -> Error { Error::status(..) }`
fn makes_error(found: &Found) -> Option<&'static str> {
    let function = &found.function;
    let Type::Path(output) = function.output()? else { return None };
    let is_plain = function.sig.asyncness.is_none() && function.receiver.is_none();
    if !is_plain
        || found.imports.resolve_path(&output.path) != "sockeye::Error"
        || function.has_word(&["return"])
    {
        return None;
    }
    constructor(constructed(given(function.block()?)?)?, found)
}

/// How many messages of its socket the function awaits, without a loop that may receive again.
fn receives(found: &Found) -> usize {
    let Some(body) = found.function.block() else { return 0 };
    let (mut receives, mut loops) = (0, false);
    each_expression(body, found.function.macros(), &mut |expression| match expression {
        Expr::MethodCall(call) if call.method == "recv" || call.method == "next" => receives += 1,
        Expr::Loop(_) | Expr::While(_) | Expr::ForLoop(_) | Expr::Match(_) => loops = true,
        _ => {}
    });
    if loops { 0 } else { receives }
}

fn fields(collected: &Collected) -> Map<Fields> {
    let mut fields: Map<Fields> = Map::default();
    for (of, name, handle) in &collected.fields {
        fields.entry(of.clone()).or_default().push((name.clone(), *handle));
    }
    fields
}

fn types(collected: &Collected) -> Map<Vec<(String, String)>> {
    let mut types: Map<Vec<(String, String)>> = Map::default();
    for (of, name, path) in &collected.types {
        types.entry(of.clone()).or_default().push((name.clone(), path.clone()));
    }
    types
}

/// The reports about a helper without an attribute of its own.
fn faults(found: &Found, file: &Rc<Neighbours>) -> Vec<Fault> {
    if found.is_ours {
        return Vec::new();
    }
    let diagnostics = check::function(&found.function, &found.around(file)).unwrap_or_default();
    diagnostics.into_iter().map(|one| Fault::of(file, one)).collect()
}

/// The faults of the functions that a helper calls.
fn faults_of_called(found: &Found, file: &Rc<Neighbours>) -> Vec<Fault> {
    let around = found.around(file);
    let flow = if found.is_ours { None } else { Flow::of_function(&found.function, &around) };
    let Some(flow) = flow else { return Vec::new() };
    let called = flow.steps().filter_map(|(_, step)| match step {
        Step::Call(call) => flow.called(call),
        _ => None,
    });
    let called = called.filter(|one| one.name != flow.name());
    let named = |one: &Neighbour, fault: &Fault| Fault {
        of: Some(fault.of.clone().unwrap_or_else(|| one.name.clone())),
        ..fault.clone()
    };
    called.flat_map(|one| one.faults.iter().map(move |fault| named(one, fault))).collect()
}

/// Whether the return type is `!`, or ends with `!`.
fn diverges(output: &ReturnType) -> bool {
    matches!(output, ReturnType::Type(..)) && output.to_token_stream().to_string().trim_end().ends_with('!')
}
