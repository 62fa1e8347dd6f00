//! A PostgreSQL server for the tests of one process: the one that `MOSS_POSTGRES_URL` names, else one that is started and
//! ends with the process. Its programs are in the folder that `MOSS_POSTGRES_BIN` names, as `cargo xtask test` does, else
//! they are those of Debian's packages (`apt-get install postgresql`).

use std::fs::Permissions;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio_postgres::{Client, NoTls};

/// Starts a server, says so, and stops it when its standard input ends: with the test process, however that ends.
const KEEPER: &str = r#"
set -e
cd "$folder"
trap '"$bin/pg_ctl" -D "$folder/data" -m immediate -w stop >/dev/null 2>&1; rm -rf "$folder"' EXIT
"$bin/initdb" -D "$folder/data" -U moss -A trust -E UTF8 --no-sync >"$folder/log" 2>&1
settings="-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories=$folder -c fsync=off -c max_connections=200"
settings="$settings -c ssl=on -c ssl_cert_file=$folder/server.crt -c ssl_key_file=$folder/server.key"
"$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -o "$settings" -w start >/dev/null
echo ready
read -r _ || true
"#;

enum Server {
    Given(String),
    Started { url: String, network: Network, _keeper: Child },
    None,
}

/// How a server is reached over the network, encrypted or not.
pub struct Network {
    pub port: u16,
    /// The certificate, in PEM, of who signed the server's, which is for `localhost`.
    pub authority: String,
}

/// The server's URL; none, with a message, where there is no server.
pub fn url() -> Option<&'static str> {
    match server() {
        Server::Given(url) | Server::Started { url, .. } => Some(url),
        Server::None => None,
    }
}

/// How the server is reached over the network; none, with a message, where it was not started here.
pub fn network() -> Option<&'static Network> {
    match server() {
        Server::Started { network, .. } => Some(network),
        Server::Given(_) => {
            eprintln!(
                "skipped: what certificate the server that MOSS_POSTGRES_URL names has is not known"
            );
            None
        }
        Server::None => None,
    }
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(find)
}

async fn client(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// A database of its own, and its URL.
pub async fn database(name: &str) -> Option<(Client, String)> {
    let url = url()?;
    let name = format!("{name}_{}", std::process::id());
    client(url).await.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
    // The last name counts, in both forms of a URL.
    let separator = match (url.contains("://"), url.contains('?')) {
        (false, _) => ' ',
        (true, false) => '?',
        (true, true) => '&',
    };
    let url = format!("{url}{separator}dbname={name}");
    Some((client(&url).await, url))
}

fn find() -> Server {
    if let Ok(url) = std::env::var("MOSS_POSTGRES_URL") {
        return Server::Given(url);
    }
    match programs() {
        Some(bin) => start(&bin),
        None => {
            eprintln!(
                "skipped: no PostgreSQL; set MOSS_POSTGRES_URL or MOSS_POSTGRES_BIN, or install Debian's postgresql"
            );
            Server::None
        }
    }
}

/// The folder of the server's programs: of the newest version, where there are several.
fn programs() -> Option<PathBuf> {
    if let Some(bin) = std::env::var_os("MOSS_POSTGRES_BIN") {
        return Some(bin.into());
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let bins = versions.filter_map(|version| Some(version.ok()?.path().join("bin")));
    bins.filter(|bin| bin.join("initdb").exists()).max()
}

fn start(bin: &Path) -> Server {
    let folder = tempfile::Builder::new().prefix("moss-pg-").tempdir().unwrap().keep();
    let network = Network { port: free_port(), authority: certificates(&folder) };
    let mut keeper = Command::new("sh");
    keeper.arg("-c").arg(KEEPER).env("bin", bin).env("folder", &folder);
    keeper.env("port", network.port.to_string());
    // The server refuses to run as root.
    if std::fs::metadata(&folder).unwrap().uid() == 0 {
        let (user, group) = unprivileged();
        if !is_open_to_all(bin) {
            keeper.env("bin", copy(bin, &folder));
        }
        run(Command::new("chown").arg("-R").arg(format!("{user}:{group}")).arg(&folder));
        keeper.uid(user).gid(group);
    }
    let mut keeper = keeper.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut line).unwrap();
    if line.trim() != "ready" {
        let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        panic!("the PostgreSQL server does not start: {log}");
    }
    let url = format!("host={} port={} user=moss dbname=postgres", folder.display(), network.port);
    Server::Started { url, network, _keeper: keeper }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Puts a certificate for `localhost` and its key into a folder, and gives the certificate of who signed it.
fn certificates(folder: &Path) -> String {
    let mut authority = CertificateParams::new([]).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let server = server.signed_by(&key, &authority).unwrap();
    std::fs::write(folder.join("server.crt"), server.pem()).unwrap();
    let key_file = folder.join("server.key");
    std::fs::write(&key_file, key.serialize_pem()).unwrap();
    // The server refuses a key that others may read.
    std::fs::set_permissions(key_file, Permissions::from_mode(0o600)).unwrap();
    authority.pem()
}

/// Whether every user comes to a folder: to one below root's own home they do not.
fn is_open_to_all(folder: &Path) -> bool {
    let folder = folder.canonicalize().unwrap();
    folder.ancestors().all(|folder| std::fs::metadata(folder).unwrap().mode() & 0o001 != 0)
}

/// The server's programs, copied into a folder with what lies beside them, which they look for there.
fn copy(bin: &Path, folder: &Path) -> PathBuf {
    let programs = folder.join("programs");
    run(Command::new("cp").arg("-R").arg(bin.parent().unwrap()).arg(&programs));
    programs.join(bin.file_name().unwrap())
}

fn run(command: &mut Command) {
    assert!(command.status().unwrap().success(), "{command:?}");
}

/// The ids of a user without rights: PostgreSQL's own, else nobody.
fn unprivileged() -> (u32, u32) {
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let ids = |name: &str| {
        let user = users.lines().find(|line| line.starts_with(&format!("{name}:")))?;
        let mut fields = user.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    ids("postgres").or_else(|| ids("nobody")).unwrap()
}
