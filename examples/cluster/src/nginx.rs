//! nginx, which gives each client another server in turn.

use std::{
    fmt::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use crate::{
    Result,
    programs::{Program, find},
};

/// Where it is.
pub(crate) fn installed() -> Result<PathBuf> {
    Ok(find("nginx").ok_or("nginx is not on this machine: `apt-get install nginx`")?)
}

/// In front of these servers. Its files are in the folder.
pub(crate) fn before(servers: &[u16], address: SocketAddr, folder: &Path) -> Result<Program> {
    let path = installed()?;
    let file = folder.join("nginx.conf");
    std::fs::write(&file, configuration(servers, address, &folder.display().to_string()))?;
    let (file, folder) = (file.display().to_string(), folder.display().to_string());
    let arguments = ["-c", &file, "-p", &folder, "-e", "stderr"];
    Ok(Program::new("nginx", path, &arguments, address.port()))
}

fn configuration(servers: &[u16], address: SocketAddr, folder: &str) -> String {
    let upstream = servers.iter().fold(String::new(), |mut lines, port| {
        // Writing to a string cannot fail. A server that does not answer gets no clients for a second.
        _ = writeln!(lines, "        server 127.0.0.1:{port} max_fails=1 fail_timeout=1s;");
        lines
    });
    format!(
        r"# One process, which stays in the foreground: there is nothing left of it when that is ended.
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr crit;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    map $http_upgrade $connection_upgrade {{
        default upgrade;
        '' close;
    }}
    # One after the other.
    upstream servers {{
{upstream}    }}
    server {{
        listen {address};
        location / {{
            proxy_pass http://servers;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            # Longer than the heartbeat.
            proxy_read_timeout 90s;
        }}
    }}
}}
"
    )
}
