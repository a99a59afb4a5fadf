package mailin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
)

// Fault is why a connection, or one command on it, came to an end.
type Fault struct {
	Code   string // one of the Code constants
	During string // what was being done: "dial", "sign in", "select", "fetch" ...
	Detail string // the server's response code (TRYCREATE, OVERQUOTA ...), "" if none
	// Err is the cause. It may quote the server, who may quote an address or a mail: it is for errors.Is and errors.As, not for logs.
	Err error

	wait time.Duration // how long the server asked to be left alone
}

// Error says what happened and what to do next, without the server's words.
func (f *Fault) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "mailin: %s: %s", f.During, f.explain())
	if f.Detail != "" {
		fmt.Fprintf(&b, " [%s]", f.Detail)
	}
	if f.Code == CodeDial || f.Code == CodeTLS || f.Code == CodeCredentials || f.Code == CodeSpool {
		// These come from the network stack, crypto/x509, the file system or our own configuration.
		var answer *imap.Error
		if f.Err != nil && !errors.As(f.Err, &answer) {
			fmt.Fprintf(&b, ": %v", f.Err)
		}
	}
	return b.String()
}

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Err }

func (f *Fault) explain() string {
	switch f.Code {
	case CodeDial:
		return "the server cannot be reached (check host, port and network)"
	case CodeTLS:
		return "no trusted encryption with the server (check its certificate; imap:// needs STARTTLS)"
	case CodeGreeting:
		return "the server does not greet as an IMAP server should (check the port)"
	case CodeCredentials:
		return "the password or token could not be read (check password_env, password_file, password_command or oauth2)"
	case CodeSignIn:
		return "the server refused the sign-in (check user name and password, or with oauth2 what the token may do)"
	case CodeFolder:
		return "the folder cannot be opened (check its name)"
	case CodeNumbering:
		return "the server gives no UIDVALIDITY, so mails cannot be told apart reliably (use another server or folder)"
	case CodeTimeout:
		return "the server fell silent"
	case CodeClosed:
		return "the server closed the connection"
	case CodeProtocol:
		return "the server's answer could not be understood"
	case CodeRefused:
		return "the server said no"
	case CodeThrottled:
		return "the server asks to be left alone for a while (the account has used up what it may, or too many programs use it)"
	case CodeLedger:
		return "our database failed"
	case CodeSpool:
		return "the temporary file could not be written (check free space)"
	}
	return "unexpected failure"
}

// responseCode returns the server's response code when it looks like one, so that nothing else gets into logs.
func responseCode(err error) string {
	var answer *imap.Error
	if !errors.As(err, &answer) || len(answer.Code) > 32 {
		return ""
	}
	for _, r := range string(answer.Code) {
		if (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' {
			return ""
		}
	}
	return string(answer.Code)
}

// refused reports whether the server answered the command, with NO or BAD: the connection is still good.
func refused(err error) bool {
	var answer *imap.Error
	return errors.As(err, &answer) && answer.Type != imap.StatusResponseTypeBye
}

func codeOf(err error) string {
	var fault *Fault
	switch {
	case errors.As(err, &fault):
		return fault.Code
	case errors.Is(err, ErrLeaseLost), errors.Is(err, context.Canceled):
		return ""
	}
	return CodeInternal
}

func detailOf(err error) string {
	var fault *Fault
	if errors.As(err, &fault) {
		return fault.Detail
	}
	return ""
}

// ledgerFault wraps what a Ledger method returned.
func ledgerFault(ctx context.Context, during string, err error) error {
	switch {
	case err == nil, errors.Is(err, ErrLeaseLost):
		return err
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return &Fault{Code: CodeLedger, During: during, Err: err}
}
