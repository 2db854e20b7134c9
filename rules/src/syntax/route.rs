use syn::{Ident, LitStr};

/// The route of an endpoint.
pub struct Route {
    /// The literal, as written.
    pub literal: LitStr,
    /// Its value.
    pub text: String,
    /// Its parameters, in order.
    pub parameters: Vec<RouteParameter>,
    /// Why no request could reach it, or the router would refuse it; the first fault that was found.
    pub(crate) fault: Option<RouteFault>,
}

/// `{id}` or `{*rest}` in a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteParameter {
    /// The name between the braces, without `*`.
    pub name: String,
    /// Whether it matches the rest of the path.
    pub catch_all: bool,
}

impl RouteParameter {
    /// A name for its value in code.
    fn binding(&self) -> String {
        let name = self.name.replace(|c: char| !c.is_alphanumeric() && c != '_', "_");
        match syn::parse_str::<Ident>(&name) {
            Ok(_) => name,
            Err(_) => format!("{name}_"),
        }
    }
}

/// The fault of a route, and the code to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RouteFault {
    pub(crate) what: String,
    pub(crate) help: String,
}

impl Route {
    pub(super) fn new(literal: LitStr) -> Self {
        let text = literal.value();
        let parameters = text.split('/').filter_map(parameter).collect::<Vec<_>>();
        Self { fault: fault(&text, &parameters), literal, text, parameters }
    }

    /// The extractor that reads its parameters as these types, each of them a `String` without one: `Path((room, id)): Path<(String, u64)>`.
    pub(crate) fn extractor(&self, types: &[Option<String>]) -> String {
        let names: Vec<_> = self.parameters.iter().map(RouteParameter::binding).collect();
        let types = types.iter().map(|ty| ty.clone().unwrap_or_else(|| "String".to_owned()));
        let types: Vec<_> = types.chain(std::iter::repeat("String".to_owned())).take(names.len()).collect();
        match &names[..] {
            [name] => format!("Path({name}): Path<{}>", types[0]),
            _ => format!("Path(({})): Path<({})>", names.join(", "), types.join(", ")),
        }
    }

    /// The route without the names of its parameters: two routes that differ only in these are the same to a router.
    pub fn shape(&self) -> String {
        crate::route::shape(&self.text)
    }
}

/// The parameter that ends a segment, as in `{id}` or `v{id}`; doubled braces are literal.
fn parameter(segment: &str) -> Option<RouteParameter> {
    let bare = segment.replace("{{", "").replace("}}", "");
    let (_, inner) = bare.strip_suffix('}')?.split_once('{')?;
    let (catch_all, name) = inner.strip_prefix('*').map_or((false, inner), |name| (true, name));
    Some(RouteParameter { name: name.to_owned(), catch_all })
}

fn fault(text: &str, parameters: &[RouteParameter]) -> Option<RouteFault> {
    address_fault(text)
        .or_else(|| {
            text.split('/')
                .find_map(segment_fault)
                .map(|(what, from, to)| written(what, &text.replace(&from, &to)))
        })
        .or_else(|| twice(parameters))
        .or_else(|| router_fault(text))
}

/// A fault whose correction is a route, which may have a fault of its own.
fn written(what: impl Into<String>, route: &str) -> RouteFault {
    let parameters = route.split('/').filter_map(parameter).collect::<Vec<_>>();
    let help = match fault(route, &parameters) {
        Some(next) => next.help,
        None => format!("write `\"{route}\"`"),
    };
    RouteFault { what: what.into(), help }
}

/// A fault of the route as a whole.
fn address_fault(text: &str) -> Option<RouteFault> {
    if text.trim().is_empty() {
        return Some(written("it is empty", "/"));
    }
    if text.trim() != text {
        return Some(written("it has a space at its start or end", text.trim()));
    }
    if let Some((_, rest)) = text.split_once("://") {
        let path = rest.find('/').map_or("/", |at| &rest[at..]);
        return Some(written("it must be a path, without scheme, host and port", path));
    }
    if !text.starts_with('/') {
        return Some(written("it must begin with a slash", &format!("/{text}")));
    }
    query_fault(text).or_else(|| spacing_fault(text))
}

fn query_fault(text: &str) -> Option<RouteFault> {
    let at = text.find(['?', '#'])?;
    let path = text[..at].to_owned();
    let mut fault = written("it cannot contain a query or fragment", &path);
    if text[at..].starts_with('?') {
        fault.help.push_str(" and read the query with `Query(query): Query<T>`");
    }
    Some(fault)
}

fn spacing_fault(text: &str) -> Option<RouteFault> {
    if text.contains("//") {
        let mut single = text.to_owned();
        while single.contains("//") {
            single = single.replace("//", "/");
        }
        return Some(written("it has an empty segment", &single));
    }
    let blank = text.chars().find(|c| c.is_whitespace() || c.is_control())?;
    let encoded = text.replace(' ', "%20");
    let what = format!("it contains {blank:?}, which no request path contains");
    Some(if blank == ' ' { written(what, &encoded) } else { RouteFault { what, help: "remove it".into() } })
}

/// A segment in the syntax of another router: the fault, the segment, and the correction.
fn segment_fault(segment: &str) -> Option<(String, String, String)> {
    let (what, right) = if let Some(name) = segment.strip_prefix(':') {
        (format!("`{segment}` is the syntax of axum 0.7 and earlier"), format!("{{{name}}}"))
    } else if let Some(name) = segment.strip_prefix('*') {
        let name = if name.is_empty() { "rest" } else { name };
        (format!("`{segment}` is the syntax of axum 0.7 and earlier"), format!("{{*{name}}}"))
    } else if let Some(name) = segment.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) {
        (format!("`{segment}` is the syntax of another framework"), format!("{{{name}}}"))
    } else {
        let inner = segment.strip_prefix('{')?.strip_suffix('}')?;
        let (name, _) = inner.split_once(':')?;
        (format!("`{segment}` contains a pattern, which axum does not support"), format!("{{{name}}}"))
    };
    Some((what, format!("/{segment}"), format!("/{right}")))
}

fn twice(parameters: &[RouteParameter]) -> Option<RouteFault> {
    let again = parameters
        .iter()
        .enumerate()
        .find(|(at, one)| parameters[..*at].iter().any(|had| had.name == one.name));
    let (_, again) = again?;
    let what = format!("the parameter `{{{}}}` appears twice", again.name);
    Some(RouteFault { what, help: format!("rename the second one, as in `{{{}_2}}`", again.name) })
}

/// Asks the router that will serve it.
fn router_fault(text: &str) -> Option<RouteFault> {
    let refused = matchit::Router::new().insert(text, ()).err()?;
    let (what, help) = match refused {
        matchit::InsertError::InvalidParamSegment => (
            "a segment can have one parameter, at its end",
            "end the segment with the parameter, as in `\"/files/{name}\"`, and split its value in the handler",
        ),
        matchit::InsertError::InvalidCatchAll => (
            "a catch-all parameter must be the whole last segment",
            "move it to the end, as in `\"/files/{*rest}\"`",
        ),
        _ => (
            "its braces do not form a parameter",
            "write a name between one pair of braces, as in `\"/ws/{id}\"`; `{{` and `}}` are literal braces",
        ),
    };
    Some(RouteFault { what: what.to_owned(), help: help.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(text: &str) -> Route {
        Route::new(LitStr::new(text, proc_macro2::Span::call_site()))
    }

    #[test]
    fn right_routes_have_no_fault() {
        for text in [
            "/",
            "/ws",
            "/ws/",
            "/ws/{id}",
            "/a/{b}/c/{d}",
            "/files/{*rest}",
            "/v{id}",
            "/{{x}}",
            "/a.b-c~d",
            "/é",
        ] {
            assert_eq!(route(text).fault, None, "{text}");
        }
    }

    #[test]
    fn parameters_are_found_in_order() {
        let names = |text| {
            route(text).parameters.into_iter().map(|one| (one.name, one.catch_all)).collect::<Vec<_>>()
        };
        assert_eq!(names("/a/{b}/v{c}/{*d}"), [("b".into(), false), ("c".into(), false), ("d".into(), true)]);
        assert_eq!(names("/{{x}}/y"), []);
    }

    #[test]
    fn the_extractor_has_a_name_and_a_type_for_each_parameter() {
        let number = [Some("u64".to_owned())];
        assert_eq!(route("/{id}").extractor(&number), "Path(id): Path<u64>");
        assert_eq!(
            route("/{room-id}/{type}/{_v}").extractor(&number),
            "Path((room_id, type_, _v)): Path<(u64, String, String)>"
        );
    }

    #[test]
    fn the_shape_forgets_names_only() {
        assert_eq!(route("/ws/{id}").shape(), route("/ws/{name}").shape());
        assert_ne!(route("/ws/{id}").shape(), route("/ws/{*id}").shape());
        assert_ne!(route("/ws/{id}").shape(), route("/ws/id").shape());
    }

    #[test]
    fn each_fault_says_what_to_write() {
        for (text, help) in [
            ("", "write `\"/\"`"),
            (" /ws", "write `\"/ws\"`"),
            ("ws", "write `\"/ws\"`"),
            ("ws://localhost:3000/ws/a", "write `\"/ws/a\"`"),
            ("http://localhost", "write `\"/\"`"),
            ("ws://localhost:3000/ws/<id>/:name", "write `\"/ws/{id}/{name}\"`"),
            ("/ws//a", "write `\"/ws/a\"`"),
            ("/ws/:id", "write `\"/ws/{id}\"`"),
            ("/ws/*rest", "write `\"/ws/{*rest}\"`"),
            ("/ws/<id>", "write `\"/ws/{id}\"`"),
            ("/ws/{id:[0-9]+}", "write `\"/ws/{id}\"`"),
            ("/ws?x=1", "write `\"/ws\"` and read the query with `Query(query): Query<T>`"),
            ("/ws#top", "write `\"/ws\"`"),
            ("/my room", "write `\"/my%20room\"`"),
            ("/{id}/{id}", "rename the second one, as in `{id_2}`"),
        ] {
            assert_eq!(route(text).fault.map(|fault| fault.help).as_deref(), Some(help), "{text}");
        }
        for text in ["/{id", "/id}", "/{}", "/{a}{b}", "/{a}.png", "/{*rest}/x", "/{*}"] {
            assert!(route(text).fault.is_some(), "{text}");
        }
    }
}
