//! `calc NUMBER…`: asks the service `math` for the sum.
#![forbid(unsafe_code)]

use std::error::Error;
use wire::List;
use wire::math::MathClient;

fn main() -> Result<(), Box<dyn Error>> {
    let values = std::env::args().skip(1).map(|word| word.parse()).collect::<Result<Vec<i64>, _>>()?;
    let mut math = MathClient::new(rvos::connect("/svc/math")?);
    println!("{}", math.sum(List::new(&values)?)?);
    Ok(())
}
