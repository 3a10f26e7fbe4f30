//! scratch
use std::io::{BufRead, Write};
fn main() {
    let mut server = lagar_ops::serve::Server::new("");
    let mut stdout = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        writeln!(stdout, "{}", server.handle(&line)).unwrap();
        stdout.flush().unwrap();
    }
}
