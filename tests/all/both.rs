//! The same test on SQLite and on PostgreSQL.

/// Makes two tests of each function, `sqlite::name` and `postgres::name`, each with what its expression gives. The expressions stand one
/// module below the caller's.
macro_rules! on_both {
    (sqlite: $sqlite:expr, postgres: $postgres:expr; $($name:ident)*) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name($sqlite).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name($postgres).await;
            })*
        }
    };
}
