//! The migrations are embedded when the program is compiled, and cargo does not notice a new file by itself.

fn main() {
    println!("cargo:rerun-if-changed=../migrations");
}
