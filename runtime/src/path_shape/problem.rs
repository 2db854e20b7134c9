/// A requirement of a `Path<T>` that its route does not meet.
#[doc(hidden)]
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathProblem {
    /// A tuple or a single value, with a different number of parameters.
    Count {
        /// How many the type takes.
        takes: usize,
        /// How many the route has.
        has: usize,
    },
    /// A field of a struct without a parameter of the same name.
    MissingField {
        /// Name of the field, as `Deserialize` requests it.
        field: &'static str,
        /// The parameter that was probably meant.
        meant: Option<String>,
    },
    /// A parameter that a struct with `deny_unknown_fields` refuses.
    UnknownParameter(String),
    /// A name that two parameters have, read by name: a map loses the first value, a struct refuses the second.
    Twice(String),
    /// A type that axum cannot read from any path.
    Unsupported(String),
}

impl PathProblem {
    /// Why a parameter cannot have this type.
    pub(crate) fn message(&self, written: &str) -> String {
        match self {
            Self::Count { takes, has } => format!(
                "`{written}` takes {}, but the route has {has}",
                sockeye_rules::render::count(*takes, "path parameter")
            ),
            Self::MissingField { field, .. } => {
                format!("`{written}` has a field `{field}`, but the route has no such parameter")
            }
            Self::UnknownParameter(name) => {
                format!("the route has a parameter `{name}`, but `{written}` denies unknown fields")
            }
            Self::Twice(name) => {
                format!("`{written}` reads parameters by name, but the route has two parameters `{name}`")
            }
            Self::Unsupported(what) => format!("`{written}` cannot be read from a path: {what}"),
        }
    }

    /// Whether more parameters would fit.
    pub(crate) fn lacks_parameters(&self) -> bool {
        match self {
            Self::Count { takes, has } => takes > has,
            Self::MissingField { .. } => true,
            Self::UnknownParameter(_) | Self::Twice(_) | Self::Unsupported(_) => false,
        }
    }

    /// The label under the parameter.
    pub(crate) fn label(&self) -> String {
        match self {
            Self::Count { takes, .. } => format!("takes {takes}"),
            Self::MissingField { field, .. } => format!("needs `{field}`"),
            Self::UnknownParameter(name) => format!("denies `{name}`"),
            Self::Twice(name) => format!("reads `{name}`"),
            Self::Unsupported(_) => "every request would get a 500".to_owned(),
        }
    }

    /// The help text.
    pub(crate) fn help(&self, names: &[&str], written: &str) -> String {
        match self {
            Self::Count { takes, .. } => count_help(names, &taken(written, *takes)),
            Self::MissingField { field, meant } => field_help(field, meant.as_deref()),
            Self::UnknownParameter(name) => format!("add a field `{name}`, or remove `deny_unknown_fields`"),
            Self::Twice(name) => format!("give one of the two parameters `{{{name}}}` another name"),
            Self::Unsupported(_) => "use a tuple or a struct of strings and numbers".to_owned(),
        }
    }
}

/// The types of the values that a type takes; empty if its name does not show them.
fn taken(written: &str, takes: usize) -> Vec<&str> {
    let inner = written.strip_prefix('(').and_then(|inner| inner.strip_suffix(')'));
    let types = match inner {
        // A type with parameters of its own may have commas.
        Some(inner) if !inner.contains(['<', '(']) => inner.split(", ").collect(),
        Some(_) => Vec::new(),
        None => vec![written],
    };
    if types.len() == takes { types } else { Vec::new() }
}

/// What the type takes already are the last ones: parameters are added in front, by a prefix.
fn count_help(names: &[&str], taken: &[&str]) -> String {
    let taken = if taken.len() <= names.len() { taken } else { &[] };
    match names {
        [] => "add the parameters to the route, or remove the `Path`".to_owned(),
        [one] => format!("write `Path({one}): Path<String>` or another type for one value"),
        _ => {
            let mut types = vec!["String"; names.len() - taken.len()];
            types.extend(taken);
            let (names, types) = (bindings(names).join(", "), types.join(", "));
            format!("write `Path(({names})): Path<({types})>`, or a struct with these fields")
        }
    }
}

/// The names for a pattern, in which each may occur once.
fn bindings(names: &[&str]) -> Vec<String> {
    let before = |at: usize, name: &str| names[..at].iter().filter(|one| **one == name).count();
    let names = names.iter().enumerate().map(|(at, name)| match before(at, name) {
        0 => (*name).to_owned(),
        earlier => format!("{name}_{}", earlier + 1),
    });
    names.collect()
}

fn field_help(field: &str, meant: Option<&str>) -> String {
    match meant {
        Some(name) => format!(
            "write `{{{field}}}` instead of `{{{name}}}` in the route, or rename the field to `{name}`"
        ),
        None => format!("add `{{{field}}}` to the route, or make the field an `Option`"),
    }
}
