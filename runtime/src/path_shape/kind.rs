/// What a parameter of a path is read as.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Any text, or what a type makes of it by itself.
    Text,
    /// `true` or `false`.
    Boolean,
    /// An integer, with the name of its format, such as `uint64`.
    Integer(&'static str),
    /// A number, with the name of its format.
    Number(&'static str),
    /// One of these words: the variants of an enum.
    OneOf(&'static [&'static str]),
}
