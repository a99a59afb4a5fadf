package mailin

import (
	"strings"

	"github.com/emersion/go-imap/v2"
)

// place is a folder as the server knows it.
type place struct {
	name   string
	exists bool
}

// find returns how the server calls the folder that the operator calls name. People write "Processed" or "Archive/Processed", as their mail
// program shows it; on servers whose personal namespace (RFC 2342) has a prefix and another divider the folder is INBOX.Processed, and one
// of the plain name cannot be created. What exists under the written name is what was meant; else what exists under the server's form of it;
// else the server's form is where it is to be made. Its errors end the connection: a server that refuses to tell is taken at the written name.
func (c *connection) find(name string) (place, error) {
	if strings.EqualFold(name, "INBOX") {
		return place{"INBOX", true}, nil
	}
	prefix, divider, err := c.namespace()
	if err != nil {
		return place{}, err
	}
	candidates := []string{name}
	for _, form := range serverForms(name, prefix, divider) {
		if form != name {
			candidates = append(candidates, form)
		}
	}
	for _, candidate := range candidates {
		exists, err := c.hasFolder(candidate)
		if err != nil {
			return place{}, err
		}
		if exists {
			return place{candidate, true}, nil
		}
	}
	return place{name: candidates[len(candidates)-1]}, nil
}

// serverForms are the ways in which a server with this namespace may call the folder, the likeliest last.
func serverForms(name, prefix, divider string) []string {
	divided := name
	if divider != "" && divider != "/" && !strings.Contains(name, divider) {
		divided = strings.ReplaceAll(name, "/", divider)
	}
	forms := []string{divided}
	if prefix != "" && !hasPrefixFold(divided, prefix) {
		forms = append(forms, prefix+divided)
	}
	return forms
}

// namespace returns what folders of the account begin with, and what divides their names.
func (c *connection) namespace() (prefix, divider string, err error) {
	caps, err := c.capabilities()
	if err != nil || !caps.Has(imap.CapNamespace) {
		return "", "", err
	}
	err = c.do("namespace", c.timings.Answer, func() error {
		data, err := c.client.Namespace().Wait()
		if err != nil {
			return err
		}
		if len(data.Personal) > 0 {
			prefix = data.Personal[0].Prefix
			if data.Personal[0].Delim != 0 {
				divider = string(data.Personal[0].Delim)
			}
		}
		return nil
	})
	switch {
	case codeOf(err) == CodeRefused:
		return "", "", nil
	case err != nil:
		return "", "", err
	}
	return prefix, divider, nil
}

// hasFolder asks for the folder of exactly this name.
func (c *connection) hasFolder(name string) (found bool, err error) {
	err = c.do("folders", c.timings.Work, func() error {
		folders, err := c.client.List("", name, nil).Collect()
		for _, folder := range folders {
			if folder.Mailbox != name {
				continue // the name holds a wildcard, or the server is generous
			}
			found = true
			for _, attribute := range folder.Attrs {
				if strings.EqualFold(string(attribute), string(imap.MailboxAttrNonExistent)) || strings.EqualFold(string(attribute), string(imap.MailboxAttrNoSelect)) {
					found = false
				}
			}
		}
		return err
	})
	switch {
	case codeOf(err) == CodeRefused:
		return false, nil
	case err != nil:
		return false, err
	}
	return found, nil
}
