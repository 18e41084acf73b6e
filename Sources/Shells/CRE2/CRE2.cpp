#include "CRE2.h"

#include <re2/re2.h>

#include <algorithm>
#include <vector>

struct cre2_pattern {
    RE2 expression;
};

cre2_pattern *cre2_compile(const char *pattern, size_t count, long memory) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(memory);
    return new cre2_pattern{RE2(re2::StringPiece(pattern, count), options)};
}

void cre2_free(cre2_pattern *pattern) { delete pattern; }

int cre2_error_code(const cre2_pattern *pattern) {
    switch (pattern->expression.error_code()) {
    case RE2::NoError: return CRE2_NONE;
    case RE2::ErrorBadEscape: return CRE2_BAD_ESCAPE;
    case RE2::ErrorBadCharClass: return CRE2_BAD_CHARACTER_CLASS;
    case RE2::ErrorBadCharRange: return CRE2_BAD_CHARACTER_RANGE;
    case RE2::ErrorMissingBracket: return CRE2_MISSING_BRACKET;
    case RE2::ErrorMissingParen: return CRE2_MISSING_PARENTHESIS;
    case RE2::ErrorUnexpectedParen: return CRE2_UNEXPECTED_PARENTHESIS;
    case RE2::ErrorTrailingBackslash: return CRE2_TRAILING_BACKSLASH;
    case RE2::ErrorRepeatArgument: return CRE2_REPEAT_ARGUMENT;
    case RE2::ErrorRepeatSize: return CRE2_REPEAT_SIZE;
    case RE2::ErrorRepeatOp: return CRE2_REPEAT_OPERATOR;
    case RE2::ErrorBadPerlOp: return CRE2_BAD_PERL_OPERATOR;
    case RE2::ErrorBadUTF8: return CRE2_BAD_UTF8;
    case RE2::ErrorBadNamedCapture: return CRE2_BAD_NAMED_CAPTURE;
    case RE2::ErrorPatternTooLarge: return CRE2_TOO_LARGE;
    default: return CRE2_INTERNAL;
    }
}

const char *cre2_error_argument(const cre2_pattern *pattern, size_t *count) {
    const std::string &argument = pattern->expression.error_arg();
    *count = argument.size();
    return argument.data();
}

bool cre2_matches(const cre2_pattern *pattern, const char *text, size_t count) {
    return RE2::PartialMatch(re2::StringPiece(text, count), pattern->expression);
}

size_t cre2_groups(
    const cre2_pattern *pattern, const char *text, size_t count, cre2_span *spans, size_t spanCount) {
    const size_t groups = 1 + pattern->expression.NumberOfCapturingGroups();
    const size_t wanted = std::min(groups, spanCount);
    std::vector<re2::StringPiece> found(wanted);
    const re2::StringPiece whole(text, count);
    if (!pattern->expression.Match(whole, 0, count, RE2::UNANCHORED, found.data(), static_cast<int>(wanted))) {
        return 0;
    }
    for (size_t index = 0; index < wanted; index += 1) {
        const bool took = found[index].data() != nullptr;
        spans[index].start = took ? static_cast<size_t>(found[index].data() - whole.data()) : 0;
        spans[index].count = took ? found[index].size() : 0;
    }
    return wanted;
}
