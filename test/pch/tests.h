// What every test includes, parsed once for each test program.
#include <doctest/doctest.h>

#include "pch/standard.h"
