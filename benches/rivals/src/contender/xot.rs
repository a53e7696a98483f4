//! xot: a tree that is edited, without paths.

use measure::Error;
use xot::Xot;

pub(super) fn edit(domain: &str) -> Result<String, Error> {
    let mut xot = Xot::new();
    let document = xot.parse(domain)?;
    let root = xot.document_element(document)?;
    let [name, panic, model] = ["devices", "panic", "model"].map(|name| xot.add_name(name));
    let devices = xot.children(root).find(|&child| xot.element(child).is_some_and(|element| element.name() == name));
    let panic = xot.new_element(panic);
    xot.set_attribute(panic, model, "hyperv");
    xot.append(devices.ok_or("no devices")?, panic)?;
    Ok(xot.to_string(document)?)
}
