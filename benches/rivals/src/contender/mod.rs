//! The contenders within the process. Each does with its own means what one rule does: finds `/domain/devices`, puts
//! an empty element with an attribute in as its last child, gives the text.

mod quick_xml;
mod roxmltree;
mod sxd;
mod xmlem;
mod xot;

use measure::Error;
use measure::inputs::Domain;
use measure::work::{Case, checked};

use crate::losses;

/// What does the edit.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    pub(crate) edit: fn(&str) -> Result<String, Error>,
}

/// All of them.
pub(crate) const ALL: [Contender; 5] = [
    Contender { name: "roxmltree, splice", edit: roxmltree::edit },
    Contender { name: "quick-xml, copy", edit: quick_xml::edit },
    Contender { name: "sxd-document, sxd-xpath", edit: sxd::edit },
    Contender { name: "xmlem", edit: xmlem::edit },
    Contender { name: "xot", edit: xot::edit },
];

/// The edit by every contender on every domain: `rival/NAME/ON WHAT`.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for domain in Domain::all() {
        for Contender { name, edit } in ALL {
            let text = domain.text();
            cases.push(Case::new(format!("rival/{name}/{}", domain.label()), move || {
                checked(move || edit(text), |answer| answer.is_ok_and(|answer| losses::is_right(text, &answer)))
            }));
        }
    }
    cases
}
