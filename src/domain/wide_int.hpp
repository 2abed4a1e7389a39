#pragma once

namespace purser::domain {

/// Holds the product of any two 63-bit integers. Both compilers have it; the standard does not.
__extension__ typedef __int128 WideInt;  // NOLINT(modernize-use-using): `using` takes no marker

}  // namespace purser::domain
