// RE2 for Swift: a C face on the C++ class. Matching takes time linear in pattern and text.
#ifndef CRE2_H
#define CRE2_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cre2_pattern cre2_pattern;

/// RE2's error codes as they are numbered here; anything else is `CRE2_INTERNAL`.
enum cre2_error {
    CRE2_NONE = 0,
    CRE2_INTERNAL,
    CRE2_BAD_ESCAPE,
    CRE2_BAD_CHARACTER_CLASS,
    CRE2_BAD_CHARACTER_RANGE,
    CRE2_MISSING_BRACKET,
    CRE2_MISSING_PARENTHESIS,
    CRE2_UNEXPECTED_PARENTHESIS,
    CRE2_TRAILING_BACKSLASH,
    CRE2_REPEAT_ARGUMENT,
    CRE2_REPEAT_SIZE,
    CRE2_REPEAT_OPERATOR,
    CRE2_BAD_PERL_OPERATOR,
    CRE2_BAD_UTF8,
    CRE2_BAD_NAMED_CAPTURE,
    CRE2_TOO_LARGE
};

/// Never null; ask `cre2_error_code` before matching.
/// - Parameter memory: bytes that the compiled program and its caches may take.
cre2_pattern *cre2_compile(const char *pattern, size_t count, long memory);
void cre2_free(cre2_pattern *pattern);
int cre2_error_code(const cre2_pattern *pattern);
/// The offending part; belongs to the pattern.
const char *cre2_error_argument(const cre2_pattern *pattern, size_t *count);
/// Whether it matches anywhere. May be called on many threads at once.
bool cre2_matches(const cre2_pattern *pattern, const char *text, size_t count);

/// Where a group lies in the text.
typedef struct cre2_span {
    size_t start;
    size_t count;
} cre2_span;

/// Writes the first match and its groups; a group that took no part is empty.
/// - Returns: how many were written, 0 when nothing matches.
size_t cre2_groups(
    const cre2_pattern *pattern, const char *text, size_t count, cre2_span *spans, size_t spanCount);

#ifdef __cplusplus
}
#endif

#endif
