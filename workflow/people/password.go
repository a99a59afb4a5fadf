package people

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Cost is what one argon2id hash costs (RFC 9106 section 3.1). Stored hashes carry their own cost, so that raising it
// locks nobody out: a hash of another cost is replaced at the next sign-in.
type Cost struct {
	MemoryKiB uint32
	Passes    uint32
	Threads   uint8
}

// DefaultCost takes about a tenth of a second on one core and 64 MiB, above the minimum of OWASP's password storage
// advice (19 MiB with 2 passes) and small enough for four sign-ins at once on a small machine.
func DefaultCost() Cost { return Cost{MemoryKiB: 64 << 10, Passes: 2, Threads: 1} }

const (
	saltLen = 16
	hashLen = 32
	// minPassword follows NIST SP 800-63B-4 for a password that is the only factor, less three: phrases are short in
	// some scripts, and wrong guesses are slowed down here.
	minPassword = 12
	maxPassword = 512
)

// CheckPassword tells whether a new password is acceptable for a user; the error says what is missing. Length counts,
// not the kinds of characters (NIST SP 800-63B-4 section 3.1.1.2).
func CheckPassword(password, email, name string) error {
	switch n := utf8.RuneCountInString(password); {
	case n < minPassword:
		return fmt.Errorf("%w: it must have at least %d characters (a sentence is easy to keep in mind)", ErrPassword, minPassword)
	case len(password) > maxPassword:
		return fmt.Errorf("%w: it must have at most %d bytes", ErrPassword, maxPassword)
	case !utf8.ValidString(password):
		return fmt.Errorf("%w: it must be text in UTF-8", ErrPassword)
	}
	distinct := make(map[rune]bool)
	for _, r := range password {
		distinct[r] = true
	}
	if len(distinct) < 5 {
		return fmt.Errorf("%w: it repeats too few characters", ErrPassword)
	}
	squeezed := squeeze(password)
	local, _, _ := strings.Cut(email, "@")
	for _, own := range []string{squeeze(email), squeeze(local), squeeze(name)} {
		// The person's own name with a few characters around it is the first thing that is tried.
		if len(own) > 3 && strings.Contains(squeezed, own) && len(squeezed)-len(own) < 8 {
			return fmt.Errorf("%w: it is little more than the name or the address", ErrPassword)
		}
	}
	for _, common := range commonPasswords() {
		if strings.Contains(squeezed, common) && len(squeezed)-len(common) < 6 {
			return fmt.Errorf("%w: it is on every list of common passwords", ErrPassword)
		}
	}
	return nil
}

// commonPasswords are the stems of those passwords of twelve and more characters that stand on top of published lists.
func commonPasswords() []string {
	return []string{"password", "passw0rd", "p@ssw0rd", "123456789", "qwertyuiop", "qwerty123456", "1q2w3e4r5t6y", "iloveyou", "letmein",
		"welcome", "administrator", "changeme", "caseconsultant", "abcdefghijkl", "qazwsxedc", "987654321", "0987654321"}
}

func squeeze(s string) string {
	return strings.ToLower(strings.Join(strings.Fields(s), ""))
}

// NewPassword makes a random password of 100 bits, in groups that can be read aloud.
func NewPassword() string {
	const alphabet = "abcdefghjkmnpqrstvwxyz0123456789" // 32 characters, none taken for another
	b := make([]byte, 20)
	rand.Read(b)
	var s strings.Builder
	for i, c := range b {
		if i > 0 && i%5 == 0 {
			s.WriteByte('-')
		}
		s.WriteByte(alphabet[c&31])
	}
	return s.String()
}

// hashPassword returns the hash in the PHC string format: $argon2id$v=19$m=65536,t=2,p=1$salt$hash.
func hashPassword(password string, cost Cost) string {
	salt := make([]byte, saltLen)
	rand.Read(salt)
	hash := argon2.IDKey([]byte(password), salt, cost.Passes, cost.MemoryKiB, cost.Threads, hashLen)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, cost.MemoryKiB, cost.Passes, cost.Threads,
		b64.EncodeToString(salt), b64.EncodeToString(hash))
}

var errHashFormat = errors.New("the stored password hash cannot be read")

// checkPassword compares in constant time and tells the cost that the stored hash was made with.
func checkPassword(stored, password string) (ok bool, cost Cost, err error) {
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return false, cost, errHashFormat
	}
	var version int
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false, cost, errHashFormat
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &cost.MemoryKiB, &cost.Passes, &cost.Threads); err != nil {
		return false, cost, errHashFormat
	}
	// A damaged row must not take the machine's memory or time.
	if cost.MemoryKiB > 1<<20 || cost.Passes == 0 || cost.Passes > 64 || cost.Threads == 0 {
		return false, cost, errHashFormat
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, cost, errHashFormat
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(want) != hashLen {
		return false, cost, errHashFormat
	}
	got := argon2.IDKey([]byte(password), salt, cost.Passes, cost.MemoryKiB, cost.Threads, hashLen)
	return subtle.ConstantTimeCompare(got, want) == 1, cost, nil
}

// slot waits for one of the few places in which a hash may be worked out.
func (p *People) slot(ctx context.Context) (free func(), err error) {
	select {
	case p.slots <- struct{}{}:
		return func() { <-p.slots }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a place to check a password: %w", ctx.Err())
	}
}
