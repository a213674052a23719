//! Tells Cargo that the program contains the migrations: it would not notice a new file.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
