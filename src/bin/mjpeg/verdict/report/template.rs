//! Templates of HTML.

use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value};
use serde::Serialize;

use crate::problem::Problem;

/// Fills a template. All values are escaped, except those that it marks as safe.
///
/// # Errors
///
/// When the template has a fault, or names a value that is not there.
pub fn render(template: &str, values: &impl Serialize) -> Result<String, Problem> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    Ok(environment.render_named_str("page.html", template, Value::from(Serde(values)))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped_and_unknown_names_are_faults() {
        let values = std::collections::BTreeMap::from([("a", "<b> & \"c\" 'd'")]);
        let text = render("<p title=\"{{ a }}\">", &values).unwrap();
        assert_eq!(text, "<p title=\"&lt;b&gt; &amp; &quot;c&quot; &#x27;d&#x27;\">");
        assert!(render("{{ unknown }}", &values).is_err());
    }
}
