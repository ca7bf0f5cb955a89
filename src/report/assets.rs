//! The script and the style sheet of a page, and the policy that lets a browser run nothing else.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The style sheet.
pub const STYLE: &str = include_str!("page/style.css");

/// The script: each file adds its functions to one scope.
pub const SCRIPT: &str = concat!(
    "(() => {\n\"use strict\";\n",
    include_str!("page/model.js"),
    include_str!("page/elements.js"),
    include_str!("page/table.js"),
    include_str!("page/access.js"),
    include_str!("page/entities.js"),
    include_str!("page/app.js"),
    "})();\n",
);

/// Returns the Content-Security-Policy. It allows this script, this style sheet, and nothing from a server. `data:`
/// pictures are allowed for the empty icon, without which a browser requests one from a web server.
pub fn policy() -> String {
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; img-src data:; base-uri 'none'; \
         form-action 'none'",
        hash(SCRIPT),
        hash(STYLE)
    )
}

fn hash(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The maximum size in bytes: pages of small organizations are read on phones.
    const LARGEST: usize = 60_000;

    #[test]
    fn they_are_small_and_end_no_element() {
        assert!(SCRIPT.len() + STYLE.len() < LARGEST, "{} and {}", SCRIPT.len(), STYLE.len());
        assert!(!SCRIPT.contains("</script") && !SCRIPT.contains("<!--") && !STYLE.contains("</style"));
    }

    #[test]
    fn the_script_makes_text_of_all_that_it_shows_and_asks_nothing_of_the_network() {
        for word in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "Function(",
            "fetch(",
            "XMLHttpRequest",
            "WebSocket",
            "import(",
            "setAttribute(\"style\"",
            "http:",
            "https:",
        ] {
            assert!(!SCRIPT.contains(word), "{word}");
        }
        for word in ["url(", "@import", "http:", "https:"] {
            assert!(!STYLE.contains(word), "{word}");
        }
    }
}
