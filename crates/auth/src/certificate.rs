//! Client certificates: the names in one, of which the settings know who is meant.

use rustls_pki_types::CertificateDer;
use webpki::EndEntityCert;

/// The URIs, then the DNS names of a verified certificate; `None` when it cannot be read. The subject's common name is
/// none of them: it is free text, which authorities do not check.
pub(crate) fn names(der: &[u8]) -> Option<Vec<String>> {
    let der = CertificateDer::from(der);
    let certificate = EndEntityCert::try_from(&der).ok()?;
    let names = certificate.valid_uri_names().chain(certificate.valid_dns_names());
    Some(names.map(str::to_owned).collect())
}
