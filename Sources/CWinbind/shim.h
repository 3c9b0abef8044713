#pragma once
// wbclient.h uses these without including them.
#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include <samba-4.0/wbclient.h>
