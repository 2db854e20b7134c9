use std::rc::Rc;

use crate::flow::{code::Code, value::Value, words};

/// The names in scope and their values, the innermost last.
#[derive(Default, Clone)]
pub(super) struct Names<'a>(Vec<(Rc<str>, Value<'a>)>);

impl<'a> Names<'a> {
    pub(super) fn of(names: &[(Rc<str>, Value<'a>)]) -> Self {
        Self(names.to_vec())
    }

    pub(super) fn all(&self) -> &[(Rc<str>, Value<'a>)] {
        &self.0
    }

    pub(super) fn depth(&self) -> usize {
        self.0.len()
    }

    pub(super) fn end_scope(&mut self, depth: usize) {
        self.0.truncate(depth);
    }

    pub(super) fn add(&mut self, name: String, value: Value<'a>) {
        self.0.push((name.into(), value));
    }

    pub(super) fn find(&self, name: &str) -> Option<&Value<'a>> {
        self.0.iter().rfind(|(one, _)| **one == *name).map(|(_, value)| value)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    pub(super) fn set(&mut self, name: &str, value: Value<'a>) {
        if let Some((_, old)) = self.0.iter_mut().rfind(|(one, _)| **one == *name) {
            *old = value;
        }
    }

    /// Stops following this value.
    pub(super) fn forget(&mut self, value: &Value<'a>) {
        for (_, one) in self.0.iter_mut().filter(|(_, one)| one == value) {
            *one = Value::Other;
        }
    }

    /// Replaces the value everywhere.
    pub(super) fn replace(&mut self, value: &Value<'a>, by: &Value<'a>) {
        for (_, one) in self.0.iter_mut().filter(|(_, one)| one == value) {
            *one = by.clone();
        }
    }

    pub(super) fn mentioned(&self, code: &dyn Code) -> impl Iterator<Item = &Value<'a>> {
        words::mentioned(code, &self.0)
    }

    /// The value of the name with this number.
    pub(super) fn value(&self, index: usize) -> &Value<'a> {
        &self.0[index].1
    }

    pub(super) fn set_at(&mut self, index: usize, value: Value<'a>) {
        self.0[index].1 = value;
    }
}
