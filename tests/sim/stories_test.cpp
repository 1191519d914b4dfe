#include <doctest/doctest.h>
#include "sim/world.h"
