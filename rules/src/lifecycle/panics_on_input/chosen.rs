//! Places, keys and divisors that the client chose.

use quote::ToTokens;
use syn::{
    BinOp, Expr, ExprBinary, ExprIndex, ExprMethodCall,
    visit::{self, Visit},
};

use super::{Panics, get};
use crate::{
    PANICS_ON_INPUT,
    trace::{self, Known, Names, Origin, Tags},
};

/// The values of the function where something is indexed.
struct Around<'n, 's> {
    names: &'n Names<'s>,
    /// Whether what is indexed is from the client.
    is_given: bool,
    /// Whether strings count, as keys do.
    with_text: bool,
}

impl Around<'_, '_> {
    fn origin(&self, path: &str) -> Origin {
        syn::parse_str(path).map_or_else(|_| Origin::default(), |path: Expr| self.names.of(&path))
    }
}

impl Known for Around<'_, '_> {
    fn is_given(&self, path: &str) -> bool {
        let origin = self.origin(path);
        let others = if self.with_text { Tags::default() } else { Tags::TEXT.or(Tags::BOUNDED) };
        origin.is(Tags::INPUT) && !origin.is(others)
    }

    /// Not if it is the length of something else that the client sent, or another of its numbers.
    fn fits(&self, against: &Expr) -> bool {
        let lengths = Lengths::of(against);
        if !lengths.is_empty() {
            return self.is_given || lengths.iter().any(|list| !self.names.of(list).is(Tags::INPUT));
        }
        let Some(paths) = trace::operands(against) else { return true };
        paths.is_empty() || paths.iter().any(|path| !self.origin(path).is(Tags::INPUT))
    }
}

/// What `len` is called on.
struct Lengths(Vec<Expr>);

impl Lengths {
    fn of(value: &Expr) -> Vec<Expr> {
        let mut lengths = Self(Vec::new());
        lengths.visit_expr(value);
        lengths.0
    }
}

impl<'ast> Visit<'ast> for Lengths {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if matches!(call.method.to_string().as_str(), "len" | "count" | "remaining") {
            self.0.push((*call.receiver).clone());
        }
        visit::visit_expr_method_call(self, call);
    }
}

impl Panics<'_> {
    /// Whether the client chose a number in the index.
    pub(super) fn is_chosen(index: &Expr, names: &Names<'_>) -> bool {
        numbers(index).into_iter().any(|number| is_number(number, &names.of(number)))
    }

    /// An index that the client chose.
    pub(super) fn place(&mut self, index: &ExprIndex, whole: &Origin, names: &Names<'_>) {
        if whole.has_type(&trace::MAPS) {
            // A map that the client sent may have given the key.
            if !whole.is(Tags::INPUT) {
                self.key(index, names);
            }
            return;
        }
        if whole.ty.as_deref().is_some_and(|ty| trace::name_of(ty) == trace::VALUE) {
            return;
        }
        let is_unsure = |number: &&Expr| self.is_unsure(number, &index.expr, whole, index, names);
        if !numbers(&index.index).iter().any(is_unsure) {
            return;
        }
        let is_text = whole.is(Tags::TEXT) || whole.has_type(&["String", "str"]) && whole.is(Tags::INPUT);
        let message = match &*index.index {
            Expr::Range(_) if is_text => {
                "this slice panics if the client sends a larger number, or one inside a character"
            }
            Expr::Range(_) => "this slice panics if the client sends a larger number",
            _ => "this index panics if the client sends a larger number",
        };
        let help = format!(
            "write `let Some(value) = {} else {{ continue }};`, or compare it with the length first",
            get(index)
        );
        self.sink.report(&PANICS_ON_INPUT, &index.index, message, help);
    }

    /// Whether nothing makes sure that the list has a place for the number.
    fn is_unsure<T>(&self, number: &Expr, list: &Expr, whole: &Origin, at: &T, names: &Names<'_>) -> bool {
        let origin = names.of(number);
        if !is_number(number, &origin) {
            return false;
        }
        let is_given = whole.is(Tags::INPUT);
        // A list has a place for every byte, unless it is known to be shorter.
        if origin.is(Tags::BYTE) && !is_given && !self.is_short(list, whole) {
            return false;
        }
        !self.bounds().bounds(number, at, &Around { names, is_given, with_text: false })
    }

    fn is_short(&self, list: &Expr, whole: &Origin) -> bool {
        let by_type = whole.ty.as_deref().and_then(|ty| {
            let (_, size) = ty.rsplit_once(';').filter(|_| trace::is_array(ty))?;
            size.trim_matches([' ', ']']).parse().ok()
        });
        self.bounds().size(list).or(by_type).is_some_and(|size| size < 256)
    }

    /// A key of a map, which the client chose.
    fn key(&mut self, index: &ExprIndex, names: &Names<'_>) {
        let is_given = names.of(&index.index).is(Tags::INPUT) && trace::path_of(&index.index).is_some();
        let around = Around { names, is_given: false, with_text: true };
        if !is_given || self.bounds().bounds(&index.index, index, &around) {
            return;
        }
        let message = "this index panics when the client names a key that is not in the map";
        let help = format!("write `let Some(value) = {} else {{ continue }};`", get(index));
        self.sink.report(&PANICS_ON_INPUT, &index.index, message, help);
    }

    /// `list.remove(at)`, `text.split_at(at)`, with a number that the client chose.
    pub(super) fn take_place(&mut self, call: &ExprMethodCall, names: &Names<'_>) {
        let whole = names.of(&call.receiver);
        let is_list = match call.method.to_string().as_str() {
            "swap" | "swap_remove" | "remove" => {
                whole.has_type(&["Vec"]) && !whole.has_type(&["VecDeque", "DashMap", "HashMap", "BTreeMap"])
                    || self.bounds().size(&call.receiver).is_some()
            }
            _ => whole.is(Tags::INPUT),
        };
        let is_unsure = |number: &&Expr| {
            !matches!(number, Expr::Reference(_))
                && self.is_unsure(number, &call.receiver, &whole, call, names)
        };
        if !is_list || !call.args.iter().any(|one| is_unsure(&one)) {
            return;
        }
        let message = format!("`{}` panics if the client sends a larger number", call.method);
        self.sink.report(&PANICS_ON_INPUT, &call.method, message, "compare it with the length first");
    }

    /// What is looked up by what the client sent, and may not be there.
    pub(super) fn unwrap_found(&mut self, call: &ExprMethodCall, names: &Names<'_>) {
        let Some(found) = lookup(&call.receiver) else { return };
        let of = names.of(&found.receiver);
        if of.is(Tags::INPUT.or(Tags::HANDLE).or(Tags::REQUEST)) {
            return;
        }
        let keys = keys(found);
        let around = Around { names, is_given: false, with_text: true };
        let is_unsure =
            |key: &Expr| names.of(key).is(Tags::INPUT) && !self.bounds().bounds(key, found, &around);
        if !keys.iter().any(is_unsure) {
            return;
        }
        let message =
            format!("`{}` panics when the client names what `{}` does not find", call.method, found.method);
        let help = "reply with an error, or skip the message: `let Some(value) = .. else { continue };`";
        self.sink.report(&PANICS_ON_INPUT, &call.method, message, help);
    }

    /// A division by what the client sent.
    pub(super) fn divide(&mut self, binary: &ExprBinary, names: &Names<'_>) {
        let divides =
            matches!(binary.op, BinOp::Div(_) | BinOp::Rem(_) | BinOp::DivAssign(_) | BinOp::RemAssign(_));
        if divides && self.may_be_zero(&binary.right, binary, names) {
            let help = "reply with an error if it is zero, or use `checked_div` or `checked_rem`";
            let message = "this division panics if the client sends zero";
            self.sink.report(&PANICS_ON_INPUT, &binary.right, message, help);
        }
    }

    /// `rows.chunks(size)`, `total.div_ceil(size)`
    pub(super) fn take_parts(&mut self, call: &ExprMethodCall, names: &Names<'_>) {
        let Some(size) = call.args.first().filter(|_| call.args.len() == 1) else { return };
        if self.may_be_zero(size, call, names) {
            let message = format!("`{}` panics if the client sends zero", call.method);
            let help = "reply with an error if it is zero";
            self.sink.report(&PANICS_ON_INPUT, &call.method, message, help);
        }
    }

    /// Whether it is a whole number of the client that nothing has compared.
    fn may_be_zero<T>(&self, number: &Expr, at: &T, names: &Names<'_>) -> bool {
        const INTEGERS: [&str; 12] =
            ["u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize"];
        let origin = names.of(number);
        let is_integer = origin.ty.as_deref().is_some_and(|ty| INTEGERS.contains(&ty));
        // `parse` without a type is taken for one of `usize`, and may be one of a float.
        let is_sure = origin.ty.as_deref() != Some("usize")
            || !matches!(number, Expr::Path(_))
            || self.is_parameter_of_type(number, "usize");
        let is_given = origin.is(Tags::INPUT) && !origin.is(Tags::BOUNDED) && is_integer && is_sure;
        let is_one = trace::path_of(number).is_some();
        if !is_given || !is_one || self.bounds().is_compared(number, at) {
            return false;
        }
        let around = Around { names, is_given: false, with_text: true };
        !self.bounds().bounds(number, at, &around)
    }

    fn is_parameter_of_type(&self, number: &Expr, ty: &str) -> bool {
        let Expr::Path(path) = number else { return false };
        let mut parameters = self.flow.function.parameters.iter();
        parameters.any(|one| {
            one.binding().is_some_and(|name| path.path.is_ident(name))
                && one.ty().to_token_stream().to_string() == ty
        })
    }
}

/// The index, or the ends of the range.
fn numbers(index: &Expr) -> Vec<&Expr> {
    match index {
        Expr::Range(range) => [&range.start, &range.end].into_iter().flatten().map(|end| &**end).collect(),
        Expr::Paren(inner) => numbers(&inner.expr),
        Expr::Reference(_) => Vec::new(),
        other => vec![other],
    }
}

/// Whether it is a number of the client that nothing is known of.
fn is_number(number: &Expr, origin: &Origin) -> bool {
    origin.is(Tags::INPUT) && !origin.is(Tags::TEXT.or(Tags::BOUNDED)) && may_be_number(number, origin)
}

/// Whether it is a number by its type. If no one knows the type, a name has to say so: it may be an enum, which a table of its own
/// has a place for.
fn may_be_number(place: &Expr, origin: &Origin) -> bool {
    const PLACES: [&str; 22] = [
        "index", "idx", "i", "n", "pos", "position", "row", "col", "column", "x", "y", "slot", "offset",
        "seat", "number", "num", "page", "line", "cell", "id", "at", "place",
    ];
    let is_place = |path: &String| {
        let name = path.rsplit('.').next().unwrap_or_default();
        PLACES.contains(&name.rsplit('_').next().unwrap_or_default())
    };
    match &origin.ty {
        // Only a table of its own has a place for another integer.
        Some(ty) => trace::name_of(ty) == "usize",
        None => trace::operands(place).is_some_and(|paths| paths.iter().any(is_place)),
    }
}

/// The call that returns an `Option` for a key: `map.get(&key)` of `map.get(&key).cloned()`.
fn lookup(value: &Expr) -> Option<&ExprMethodCall> {
    match value {
        Expr::MethodCall(call) => match call.method.to_string().as_str() {
            "get" | "get_mut" | "remove" | "get_key_value" | "find" | "position" | "rposition" | "nth"
                if call.args.len() == 1 =>
            {
                Some(call)
            }
            "cloned" | "copied" | "clone" | "as_ref" | "as_mut" | "map" => lookup(&call.receiver),
            _ => None,
        },
        Expr::Paren(inner) => lookup(&inner.expr),
        _ => None,
    }
}

/// What is looked for: the argument, or what the closure compares with.
fn keys(call: &ExprMethodCall) -> Vec<Expr> {
    match call.args.first() {
        Some(Expr::Closure(closure)) => {
            let own = closure.inputs.to_token_stream().to_string();
            let words = || own.split(|one: char| !(one.is_alphanumeric() || one == '_'));
            let is_other = |path: &String| !words().any(|word| path.split('.').next() == Some(word));
            let mut sides = Sides(Vec::new());
            sides.visit_expr(&closure.body);
            sides.0.retain(|side| trace::path_of(side).is_some_and(|path| is_other(&path)));
            sides.0
        }
        Some(key) if trace::path_of(key).is_some() => vec![key.clone()],
        _ => Vec::new(),
    }
}

/// The two sides of each `==`.
struct Sides(Vec<Expr>);

impl<'ast> Visit<'ast> for Sides {
    fn visit_expr_binary(&mut self, binary: &'ast ExprBinary) {
        if matches!(binary.op, BinOp::Eq(_)) {
            self.0.extend([(*binary.left).clone(), (*binary.right).clone()]);
        }
        visit::visit_expr_binary(self, binary);
    }
}
