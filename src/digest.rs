//! SHA-256 in the notation of this program, for files and for the proofs of snapshots.

use std::fmt::Write;
use std::io::{self, Read};

use sha2::{Digest, Sha256};

/// The prefix of the digits, which names the hash function.
pub const PREFIX: &str = "sha256:";

/// Returns the hash of some bytes: `sha256:` and 64 hexadecimal digits.
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    text(Sha256::digest(bytes.as_ref()).as_slice())
}

/// Returns the hash of everything that a reader yields, and the number of bytes.
pub fn sha256_of(mut reader: impl Read) -> io::Result<(String, u64)> {
    let mut hasher = Sha256::new();
    let mut piece = vec![0; 64 * 1024];
    let mut length = 0;
    loop {
        match reader.read(&mut piece)? {
            0 => return Ok((text(hasher.finalize().as_slice()), length)),
            read => {
                hasher.update(&piece[..read]);
                length += read as u64;
            }
        }
    }
}

/// Returns bytes as lower-case hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

fn text(digest: &[u8]) -> String {
    format!("{PREFIX}{}", hexadecimal(digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_sha256sum_prints() {
        let of_abc = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256("abc"), of_abc);
        assert_eq!(sha256_of(&b"abc"[..]).unwrap(), (of_abc.to_owned(), 3));
        let long = vec![b'x'; 200_000];
        assert_eq!(sha256_of(&long[..]).unwrap(), (sha256(&long), 200_000));
    }
}
