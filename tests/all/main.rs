fn main(){}
mod store;
