//! sxd-document and sxd-xpath: a tree that is edited, with XPath 1.0.

use measure::Error;
use sxd_document::parser;
use sxd_document::writer::format_document;
use sxd_xpath::{Context, Factory, Value, XPath};

thread_local! {
    /// Compiled once, as a rule is.
    static DEVICES: Option<XPath> = Factory::new().build("/domain/devices").ok().flatten();
}

pub(super) fn edit(domain: &str) -> Result<String, Error> {
    let package = parser::parse(domain)?;
    let document = package.as_document();
    let found = DEVICES.with(|path| {
        let path = path.as_ref().ok_or("no path")?;
        path.evaluate(&Context::new(), document.root()).map_err(|error| Error::from(error.to_string()))
    })?;
    let Value::Nodeset(nodes) = found else { return Err("no nodes".into()) };
    let devices = nodes.iter().next().and_then(|node| node.element()).ok_or("no devices")?;
    let panic = document.create_element("panic");
    panic.set_attribute_value("model", "hyperv");
    devices.append_child(panic);
    let mut written = Vec::with_capacity(domain.len());
    format_document(&document, &mut written)?;
    Ok(String::from_utf8(written)?)
}
