//! Reads a file of certificate authorities that replaces the system's, as AWS_CA_BUNDLE does in the AWS CLI.

use std::path::Path;

use aws_smithy_http_client::tls::TrustStore;
use chrono::{DateTime, NaiveDateTime, Utc};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::settings::Origin;
use crate::error::{Error, Result};

/// Reads the file. Fails, naming the file and its setting, if it contains no certificate that is valid today.
pub(super) fn read(origin: &Origin, file: &str) -> Result<TrustStore> {
    let named = format!("the certificate authorities in \"{file}\" ({origin})");
    let refused = |what: String| Error::usage(format!("{named} {what}"));
    let path = Path::new(file);
    let pem = std::fs::read(path).map_err(|error| {
        refused("cannot be read".to_owned())
            .caused_by(error)
            .hint("name a PEM file that holds the authorities' certificates, or unset it")
    })?;
    let hint = "the file must be PEM, blocks that begin with -----BEGIN CERTIFICATE-----; of a DER file make one \
                with openssl x509 -inform der -in FILE -out FILE.pem";
    let mut certificates = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate =
            certificate.map_err(|error| refused("are not PEM".to_owned()).caused_by(error).hint(hint))?;
        // The SDK panics on certificates that TLS cannot read.
        RootCertStore::empty().add(certificate.clone()).map_err(|error| {
            refused("cannot be read as certificates".to_owned()).caused_by(error).hint(hint)
        })?;
        certificates.push(certificate);
    }
    if certificates.is_empty() {
        let what = if pem.trim_ascii().is_empty() { "are missing: the file is empty" } else { "are not PEM" };
        return Err(refused(what.to_owned()).hint(hint));
    }
    let expired: Vec<DateTime<Utc>> =
        certificates.iter().filter_map(|der| not_after(der)).filter(|end| *end < Utc::now()).collect();
    if let (Some(last), true) = (expired.iter().max(), expired.len() == certificates.len()) {
        return Err(refused(format!("expired on {}", last.format("%Y-%m-%d")))
            .hint("get the authority's current certificate, and name its file"));
    }
    Ok(TrustStore::empty().with_pem_certificate(pem))
}

/// Returns the time when a certificate expires, which TLS does not check for an authority's own. `None` if unreadable.
/// Source: RFC 5280, section 4.1 (Certificate, TBSCertificate, Validity).
fn not_after(der: &[u8]) -> Option<DateTime<Utc>> {
    let (_, certificate, _) = element(der)?;
    let (_, mut fields, _) = element(certificate)?;
    // The optional version comes first, then serial number, algorithm and issuer.
    if fields.first() == Some(&0xa0) {
        fields = element(fields)?.2;
    }
    for _ in 0..3 {
        fields = element(fields)?.2;
    }
    let (_, validity, _) = element(fields)?;
    let (_, _, rest) = element(validity)?;
    let (tag, time, _) = element(rest)?;
    let text = std::str::from_utf8(time).ok()?.strip_suffix('Z')?;
    let text = match tag {
        // A UTCTime has a two-digit year: 50 to 99 belong to the last century.
        0x17 if text >= "50" => format!("19{text}"),
        0x17 => format!("20{text}"),
        0x18 => text.to_owned(),
        _ => return None,
    };
    NaiveDateTime::parse_from_str(&text, "%Y%m%d%H%M%S").ok().map(|time| time.and_utc())
}

/// Returns the tag and the content of the first element of some DER, and the rest after it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&length, rest) = rest.split_first()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(length), rest),
        _ => {
            let (bytes, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            let number = bytes
                .iter()
                .try_fold(0_usize, |number, byte| number.checked_mul(256)?.checked_add(usize::from(*byte)))?;
            (number, rest)
        }
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};

    use super::*;

    fn authority(last_year: i32) -> rcgen::Certificate {
        let mut params = CertificateParams::new(vec!["authority.example".to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.not_before = date_time_ymd(1990, 1, 1);
        params.not_after = date_time_ymd(last_year, 7, 4);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap()
    }

    fn read_file(content: &[u8]) -> Result<TrustStore> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bundle.pem");
        std::fs::write(&file, content).unwrap();
        read(&Origin::Variable("AWS_CA_BUNDLE".to_owned()), file.to_str().unwrap())
    }

    #[track_caller]
    fn assert_refused(content: &[u8], what: &str) {
        let error = read_file(content).unwrap_err();
        let said = error.to_string();
        assert!(said.contains("bundle.pem\" (the environment variable AWS_CA_BUNDLE)"), "{said}");
        assert!(said.ends_with(what), "{said}");
        assert!(!error.hints().is_empty());
    }

    #[test]
    fn the_end_of_a_certificate_is_read() {
        for year in [1998, 2049, 2050, 2120] {
            let found = not_after(authority(year).der()).unwrap();
            assert_eq!(found.to_rfc3339(), format!("{year}-07-04T00:00:00+00:00"));
        }
        assert_eq!(not_after(b""), None);
        assert_eq!(not_after(&authority(2049).der()[..100]), None);
    }

    #[test]
    fn a_file_without_a_usable_authority_is_refused() {
        let (expired, valid) = (authority(2001), authority(2120));
        assert!(read_file(valid.pem().as_bytes()).is_ok());
        assert!(read_file(valid.pem().replace('\n', "\r\n").as_bytes()).is_ok());
        assert!(read_file(format!("# ours\n{}{}", expired.pem(), valid.pem()).as_bytes()).is_ok());
        assert_refused(expired.pem().as_bytes(), "expired on 2001-07-04");
        assert_refused(b"", "are missing: the file is empty");
        assert_refused(b"\n\n", "are missing: the file is empty");
        assert_refused(b"not a certificate", "are not PEM");
        assert_refused(valid.der(), "are not PEM");
        assert_refused(&valid.pem().as_bytes()[..200], "are not PEM");
        let nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert_refused(nonsense.as_bytes(), "cannot be read as certificates");
        let key = KeyPair::generate().unwrap().serialize_pem();
        assert_refused(key.as_bytes(), "are not PEM");
    }

    #[test]
    fn a_file_that_is_missing_or_a_folder_is_refused() {
        let origin = Origin::Profile { key: "ca_bundle".to_owned(), profile: "audit".to_owned() };
        for file in ["/nowhere/bundle.pem", "/"] {
            let error = read(&origin, file).unwrap_err();
            assert!(
                error.to_string().ends_with("(ca_bundle of profile \"audit\") cannot be read"),
                "{error}"
            );
        }
    }
}
