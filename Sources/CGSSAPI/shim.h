#ifndef WINRM_CGSSAPI_SHIM_H
#define WINRM_CGSSAPI_SHIM_H
/* MIT Kerberos. What follows the includes is what Swift cannot import: object identifiers that are variables, and arguments made of nested structures. */
#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <krb5.h>
#include <string.h>

static inline gss_OID winrm_gss_krb5(void) { return (gss_OID)gss_mech_krb5; }
static inline gss_OID winrm_gss_principal_name(void) { return (gss_OID)GSS_KRB5_NT_PRINCIPAL_NAME; }
static inline gss_OID winrm_gss_inquire_session_key(void) { return GSS_C_INQ_SSPI_SESSION_KEY; }

/* Whether a mechanism's identifier is that of Kerberos 5. */
static inline int winrm_gss_is_krb5(gss_OID mechanism) {
  return mechanism != GSS_C_NO_OID && mechanism->length == gss_mech_krb5->length
      && memcmp(mechanism->elements, gss_mech_krb5->elements, mechanism->length) == 0;
}

/* A Kerberos credential of the default name out of one place: `key` is "ccache" or "keytab"; a null value is the default place. */
static inline OM_uint32 winrm_gss_acquire(
    OM_uint32 *minor, gss_cred_usage_t usage, const char *key, const char *value, gss_cred_id_t *credential) {
  gss_OID_set_desc mechanisms = {1, (gss_OID)gss_mech_krb5};
  gss_key_value_element_desc element = {key, value};
  gss_key_value_set_desc store = {1, &element};
  return gss_acquire_cred_from(
      minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, &mechanisms, usage, value == NULL ? GSS_C_NO_CRED_STORE : &store, credential, NULL, NULL);
}

/* Writes an initiating credential over whatever the ticket cache `name` holds. */
static inline OM_uint32 winrm_gss_store(OM_uint32 *minor, gss_cred_id_t credential, const char *name) {
  gss_key_value_element_desc element = {"ccache", name};
  gss_key_value_set_desc store = {1, &element};
  return gss_store_cred_into(minor, credential, GSS_C_INITIATE, (gss_OID)gss_mech_krb5, 1, 0, &store, NULL, NULL);
}

/* An enterprise name (RFC 6806 section 5) of one component for the KDC of `realm`, as it is: nothing in it has a meaning. */
static inline krb5_error_code winrm_krb5_enterprise(krb5_context context, const char *name, const char *realm, krb5_principal *principal) {
  krb5_error_code code = krb5_build_principal(context, principal, (unsigned int)strlen(realm), realm, name, (char *)NULL);
  if (code == 0) (*principal)->type = KRB5_NT_ENTERPRISE_PRINCIPAL;
  return code;
}

/* The data of a KDC's error that krb5 hands out as an opaque structure. */
static inline krb5_data winrm_krb5_error_data(const krb5_error *error) { return error->e_data; }
#endif
