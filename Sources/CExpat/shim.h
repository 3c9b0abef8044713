#ifndef WINRM_CEXPAT_SHIM_H
#define WINRM_CEXPAT_SHIM_H
/* Debian builds expat with DTD support; without this the amplification limits are not declared. */
#define XML_DTD 1
#include <expat.h>
#endif
