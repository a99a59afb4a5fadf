package mailin

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
)

// patienceWords are what large providers write when an account has used up what it may for now, or when their own back end is away: it is
// no word about the password, the folder or the mail. There is no agreed response code for it, so the texts are known by heart: Gmail
// ("Account exceeded command or bandwidth limits", "Too many simultaneous connections", "[THROTTLED]"), Microsoft 365 ("Request is
// throttled. Suggested Backoff Time: 299961 milliseconds", "User is authenticated but not connected", "Server Unavailable. 15"), Yahoo
// ("[LIMIT] Rate limit hit", "Server busy"), Dovecot ("Maximum number of connections from user+IP exceeded").
var patienceWords = [...]string{
	"throttl", "bandwidth limit", "command or bandwidth", "too many simultaneous", "too many connections", "too many requests", "too many logins",
	"too many sessions", "too many login attempts", "rate limit", "server busy", "system busy", "server is busy", "server unavailable",
	"temporarily unavailable", "backoff time", "back off", "authenticated but not connected", "maximum number of connections", "connection limit",
}

// suggestedWait is how Microsoft 365 says when to come back.
var suggestedWait = regexp.MustCompile(`(?i)back-?\s?off time:?\s*(\d{1,10})\s*(milliseconds|ms|seconds|s)?\b`)

// longestSuggestion bounds what a server may ask for: after an hour somebody has mended it, or nobody will.
const longestSuggestion = time.Hour

// asksForPatience reports whether a NO, BAD or BYE with this code and text says "later", and how much later (0: it does not say).
func asksForPatience(code, text string) (asks bool, wait time.Duration) {
	text = strings.ToLower(text)
	switch code {
	case "THROTTLED":
		asks = true
	case string(imap.ResponseCodeLimit), string(imap.ResponseCodeUnavailable), string(imap.ResponseCodeInUse):
		// UNAVAILABLE is also said of one mail that cannot be read, LIMIT of a folder with too many keywords: the text decides.
	case string(imap.ResponseCodeOverQuota), string(imap.ResponseCodeAuthenticationFailed), string(imap.ResponseCodeNonExistent), string(imap.ResponseCodeTryCreate):
		return false, 0
	}
	for _, words := range patienceWords {
		asks = asks || strings.Contains(text, words)
	}
	if !asks {
		return false, 0
	}
	if found := suggestedWait.FindStringSubmatch(text); found != nil {
		n, _ := strconv.ParseInt(found[1], 10, 64) // at most ten digits
		unit := time.Millisecond
		if strings.HasPrefix(found[2], "s") {
			unit = time.Second
		}
		wait = min(time.Duration(n)*unit, longestSuggestion)
	}
	return true, wait
}

// throttledBy reports whether the error is a server asking for patience.
func throttledBy(err error) (asks bool, wait time.Duration) {
	var answer *imap.Error
	if !errors.As(err, &answer) {
		return false, 0
	}
	return asksForPatience(string(answer.Code), answer.Text)
}

// waitOf is how long the server asked to be left alone, 0 if it did not.
func waitOf(err error) time.Duration {
	var fault *Fault
	if errors.As(err, &fault) {
		return fault.wait
	}
	return 0
}
