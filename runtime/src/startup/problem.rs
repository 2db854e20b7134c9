use sockeye_rules::Rule;

use crate::endpoint::{Mark, Registered, Source};

/// One mistake that keeps the server from starting, or a warning that does not.
///
/// ```
/// # async fn example() {
/// let error = sockeye::Server::new().expect(["/ws/forgotten"]).check().await.unwrap_err();
/// let problem = &error.problems()[0];
/// assert_eq!(problem.rule(), "missing_endpoint");
/// assert!(problem.help().unwrap().contains("use that_crate as _;"));
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example());
/// ```
#[derive(Debug, Clone)]
pub struct Problem {
    rule: &'static Rule,
    message: String,
    help: Option<String>,
    places: Vec<Place>,
}

/// A piece of a handler's source, with a label.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) endpoint: &'static Registered,
    pub(crate) mark: Mark,
    pub(crate) label: String,
}

impl Problem {
    pub(crate) fn new(rule: &'static Rule, message: impl Into<String>) -> Self {
        Self { rule, message: message.into(), help: None, places: Vec::new() }
    }

    /// The help text: exactly what to write.
    #[must_use]
    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The first place is where the problem is; the others explain it.
    #[must_use]
    pub(crate) fn at(mut self, place: Place) -> Self {
        self.places.push(place);
        self
    }

    /// Name of the rule, as in `error[missing_state]`.
    pub fn rule(&self) -> &'static str {
        self.rule.name
    }

    /// Whether the server starts anyway.
    pub(crate) fn is_warning(&self) -> bool {
        !self.rule.level.is_error()
    }

    /// The endpoint that it belongs to.
    pub(crate) fn endpoint(&self) -> Option<&'static Registered> {
        self.places.first().map(|place| place.endpoint)
    }

    pub(crate) fn catalogued(&self) -> &'static Rule {
        self.rule
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// The file of the endpoint; `None` if the problem does not belong to an endpoint.
    pub fn file(&self) -> Option<&'static str> {
        self.places.first().map(|place| place.source().file)
    }

    /// The line in that file, from 1.
    pub fn line(&self) -> Option<u32> {
        self.places.first().map(Place::line)
    }

    /// The column in that line, in characters, from 1.
    pub fn column(&self) -> Option<u32> {
        self.places.first().map(Place::column)
    }

    pub(crate) fn places(&self) -> &[Place] {
        &self.places
    }

    /// The order of a report: by source position; problems without an endpoint come first.
    pub(crate) fn order(&self) -> impl Ord + use<> {
        (self.file(), self.line(), self.rule.name, self.column())
    }
}

impl Place {
    /// The route literal of an endpoint.
    pub(crate) fn route(of: &'static Registered, label: impl Into<String>) -> Self {
        Self { endpoint: of, mark: of.source.route, label: label.into() }
    }

    /// The name of an endpoint.
    pub(crate) fn name(of: &'static Registered, label: impl Into<String>) -> Self {
        Self { endpoint: of, mark: of.source.name, label: label.into() }
    }

    /// A parameter of an endpoint; its name when there is no such parameter.
    pub(crate) fn param(of: &'static Registered, index: usize, label: impl Into<String>) -> Self {
        let mark = of.params.get(index).map_or(of.source.name, |param| param.mark);
        Self { endpoint: of, mark, label: label.into() }
    }

    /// An option of an endpoint's attribute, such as `max_message_size`; the route when it cannot be found.
    pub(crate) fn option(of: &'static Registered, key: &str, label: impl Into<String>) -> Self {
        let mark = find_option(&of.source, key).unwrap_or(of.source.route);
        Self { endpoint: of, mark, label: label.into() }
    }

    pub(crate) fn source(&self) -> &'static Source {
        &self.endpoint.source
    }

    pub(crate) fn line(&self) -> u32 {
        let before = self.before();
        self.source().line + u32::try_from(before.matches('\n').count()).unwrap_or(0)
    }

    pub(crate) fn column(&self) -> u32 {
        let line = self.before().rsplit('\n').next().unwrap_or("");
        u32::try_from(line.chars().count()).unwrap_or(0) + 1
    }

    /// The bytes to underline, cut to the length of the text: a wrong mark may make a report less clear, but must never
    /// break it.
    pub(crate) fn span(&self) -> std::ops::Range<usize> {
        let text = self.source().text;
        let start = text.floor_char_boundary(self.mark.start as usize);
        let end = text.ceil_char_boundary(self.mark.end as usize);
        start..end.max(start)
    }

    fn before(&self) -> &'static str {
        &self.source().text[..self.span().start]
    }
}

/// The option's name, between the route and the end of the attribute.
fn find_option(source: &Source, key: &str) -> Option<Mark> {
    let from = source.route.end as usize;
    let attribute = source.text.get(from..source.name.start as usize)?;
    let mut places = attribute.match_indices(key).map(|(at, _)| at);
    let at = places.find(|&at| is_word(attribute, at, key.len()) && !is_in_quotes(attribute, at))?;
    let start = u32::try_from(from + at).ok()?;
    Some(Mark { start, end: start + u32::try_from(key.len()).ok()? })
}

/// The values of other options are in quotes.
fn is_in_quotes(text: &str, at: usize) -> bool {
    text[..at].matches('"').count() % 2 == 1
}

fn is_word(text: &str, at: usize, length: usize) -> bool {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    !text[..at].ends_with(part_of_word) && !text[at + length..].starts_with(part_of_word)
}
