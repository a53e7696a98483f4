//! Which prefixes are declared at the place where the parser stands.

use crate::xml::arena::NONE;
use crate::xml::names::NO_NAMESPACE;

/// A prefix that stands for a namespace, from an element's start tag to its end.
#[derive(Debug, Clone, Copy)]
struct Binding {
    /// The prefix, as a name's number.
    prefix: u32,
    namespace: u32,
    /// The binding of the same prefix that this one hides.
    hidden: u32,
}

/// The namespace declarations in scope (Namespaces in XML 1.0, section 6).
#[derive(Debug)]
pub(super) struct Scope {
    /// What an element's name without prefix stands in.
    pub(super) default: u32,
    bindings: Vec<Binding>,
    /// The binding that holds, by the prefix's number: however many are declared, looking one up costs the same.
    holds: Vec<u32>,
    /// Elements that declare something, with how many bindings and which default there were before.
    elements: Vec<(u32, usize, u32)>,
    /// The last of `elements`.
    innermost: u32,
}

impl Default for Scope {
    fn default() -> Self {
        Self { default: NO_NAMESPACE, bindings: Vec::new(), holds: Vec::new(), elements: Vec::new(), innermost: NONE }
    }
}

impl Scope {
    /// Whether the element declares anything.
    #[inline]
    pub(super) const fn is_declared_on(&self, element: u32) -> bool {
        self.innermost == element
    }

    /// Notes that the element declares something.
    pub(super) fn enter(&mut self, element: u32) {
        if self.innermost != element {
            self.elements.push((element, self.bindings.len(), self.default));
            self.innermost = element;
        }
    }

    /// Binds a prefix within the element that was entered last.
    pub(super) fn bind(&mut self, prefix: u32, namespace: u32) {
        let at = prefix as usize;
        if self.holds.len() <= at {
            self.holds.resize(at + 1, NONE);
        }
        let hidden = std::mem::replace(&mut self.holds[at], self.bindings.len() as u32);
        self.bindings.push(Binding { prefix, namespace, hidden });
    }

    /// What a prefix stands for.
    pub(super) fn namespace(&self, prefix: u32) -> Option<u32> {
        let binding = *self.holds.get(prefix as usize)?;
        self.bindings.get(binding as usize).map(|binding| binding.namespace)
    }

    /// Ends the element's declarations, if it has any.
    #[inline]
    pub(super) fn leave(&mut self, element: u32) {
        if self.innermost == element {
            self.forget();
        }
    }

    #[cold]
    fn forget(&mut self) {
        let Some((_, length, default)) = self.elements.pop() else { return };
        for binding in self.bindings.drain(length..).rev() {
            if let Some(holds) = self.holds.get_mut(binding.prefix as usize) {
                *holds = binding.hidden;
            }
        }
        self.default = default;
        self.innermost = self.elements.last().map_or(NONE, |&(element, ..)| element);
    }
}
