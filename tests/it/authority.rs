//! A private certificate authority between the program and AWS, as with a company's proxy: AWS_CA_BUNDLE and a
//! profile's `ca_bundle`.

use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::PrivateKeyDer;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

use crate::fixture::Ran;
use crate::world::{World, small};

/// A world behind TLS, with a certificate signed by a private authority.
struct Behind {
    world: World,
    url: String,
    authority: PathBuf,
    _runtime: Runtime,
}

fn behind_tls() -> Behind {
    let world = World::of(small());
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, world.simulator.endpoint());
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let authority = world.sandbox.path("authority.pem");
    std::fs::write(&authority, issuer.pem()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let simulator = world.simulator.endpoint().trim_start_matches("http://").to_owned();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    runtime.spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (acceptor, simulator) = (acceptor.clone(), simulator.clone());
            tokio::spawn(async move {
                // A client that does not trust the certificate disconnects.
                let Ok(mut client) = acceptor.accept(client).await else { return };
                let Ok(mut server) = TcpStream::connect(simulator).await else { return };
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    Behind { world, url, authority, _runtime: runtime }
}

impl Behind {
    fn collect(&self, environment: &[(&str, &str)], arguments: &[&str]) -> Ran {
        let all = [&["collect", "--only", "groups"], arguments].concat();
        let mut command = self.world.command(&all);
        command.env("AWS_ENDPOINT_URL", &self.url).envs(environment.iter().copied());
        self.world.sandbox.ran(command.output().unwrap())
    }
}

#[test]
fn is_trusted_where_it_is_named() {
    let behind = behind_tls();
    let file = behind.authority.to_str().unwrap();
    let ran = behind.collect(&[("AWS_CA_BUNDLE", file)], &[]);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    // In a profile, for which the variable must be unset.
    let profiles = format!(
        "[profile audit]\nca_bundle = {file}\naws_access_key_id = AKIA\naws_secret_access_key = made-up\n"
    );
    let config = behind.world.sandbox.path("aws-config");
    std::fs::write(&config, profiles).unwrap();
    let config = ("AWS_CONFIG_FILE", config.to_str().unwrap());
    for (environment, arguments) in [
        (vec![config], vec!["--profile", "audit"]),
        (vec![config, ("AWS_PROFILE", "audit")], vec![]),
        (vec![config, ("AWS_PROFILE", "audit"), ("AWS_CA_BUNDLE", "")], vec![]),
    ] {
        let ran = behind.collect(&environment, &arguments);
        assert_eq!(ran.exit, Some(0), "{environment:?}: {}", ran.stderr);
    }
    // A role is assumed through the same proxy.
    let role = format!("arn:aws:iam::{}:role/Census", behind.world.simulator.management_account_id());
    let ran = behind.collect(&[("AWS_CA_BUNDLE", file)], &["--assume-role", &role]);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
}

#[test]
fn is_told_where_it_is_not_trusted() {
    let behind = behind_tls();
    let other = behind_tls();
    // The system's authorities, or another one.
    let system = ("SSL_CERT_FILE", other.authority.to_str().unwrap());
    for environment in [[system], [("AWS_CA_BUNDLE", other.authority.to_str().unwrap())]] {
        let ran = behind.collect(&environment, &[]);
        assert_eq!(ran.exit, Some(5), "{}", ran.stderr);
        for part in ["CertificateRefused", "UnknownIssuer", "hint: where a proxy", "AWS_CA_BUNDLE"] {
            assert!(ran.stderr.contains(part), "no `{part}` in: {}", ran.stderr);
        }
        assert!(!ran.stderr.contains("check the network"), "{}", ran.stderr);
    }
    assert_eq!(behind.world.simulator.calls().total(), 0);
}

#[test]
fn is_refused_where_the_file_has_none() {
    let behind = behind_tls();
    let write = |name: &str, content: &[u8]| {
        let file = behind.world.sandbox.path(name);
        std::fs::write(&file, content).unwrap();
        file.to_str().unwrap().to_owned()
    };
    for (file, says) in [
        ("/nowhere.pem".to_owned(), "cannot be read"),
        ("/".to_owned(), "cannot be read"),
        (write("empty.pem", b""), "are missing: the file is empty"),
        (write("text.pem", b"hello"), "are not PEM"),
        (write("binary.der", &[0x30, 0x82, 0x01, 0x0a, 0xff]), "are not PEM"),
    ] {
        let ran = behind.collect(&[("AWS_CA_BUNDLE", &file)], &[]);
        assert_eq!(ran.exit, Some(2), "{}", ran.stderr);
        assert!(ran.stderr.contains("the environment variable AWS_CA_BUNDLE"), "{}", ran.stderr);
        assert!(ran.stderr.contains(says) && ran.stderr.contains("hint: "), "{}", ran.stderr);
    }
    assert_eq!(behind.world.simulator.calls().total(), 0);
}
