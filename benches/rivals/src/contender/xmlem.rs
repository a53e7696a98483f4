//! xmlem: a tree that is edited, with CSS selectors.

use measure::Error;
use xmlem::Document;

pub(super) fn edit(domain: &str) -> Result<String, Error> {
    let mut document = domain.parse::<Document>().map_err(|error| error.to_string())?;
    let children = document.root().children(&document);
    let devices = children.into_iter().find(|child| child.name(&document) == "devices").ok_or("no devices")?;
    devices.append_new_element(&mut document, ("panic", [("model", "hyperv")]));
    Ok(document.to_string())
}
