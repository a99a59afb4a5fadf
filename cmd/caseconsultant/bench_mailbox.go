package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// benchMailbox is bench's way into the mailbox: two folders of its own, into which it puts mails as a server would.
type benchMailbox struct {
	config *MailboxConfig
	client *imapclient.Client
	folder string // that the program watches
	bare   string // that the bare loop watches
}

// openBenchMailbox signs in and makes the folders.
func openBenchMailbox(ctx context.Context, config *MailboxConfig, run string) (*benchMailbox, error) {
	m := &benchMailbox{config: config, folder: "caseconsultant-bench-" + run, bare: "caseconsultant-bare-" + run}
	var err error
	if m.client, err = dialBench(ctx, config, nil); err != nil {
		return nil, err
	}
	if m.client.Caps().Has(imap.CapNamespace) { // some servers have nothing beside "INBOX."
		if space, err := m.client.Namespace().Wait(); err == nil && len(space.Personal) > 0 {
			m.folder, m.bare = space.Personal[0].Prefix+m.folder, space.Personal[0].Prefix+m.bare
		}
	}
	for _, name := range []string{m.folder, m.bare} {
		if err := m.client.Create(name, nil).Wait(); err != nil {
			return nil, errors.Join(fmt.Errorf("make the folder %s in the mailbox: %w", name, err), m.client.Close())
		}
	}
	return m, nil
}

// dialBench connects and signs in by a mailbox's settings. The connection ends with the context.
func dialBench(ctx context.Context, config *MailboxConfig, handler *imapclient.UnilateralDataHandler) (*imapclient.Client, error) {
	u, err := url.Parse(config.IMAP)
	if err != nil {
		return nil, errors.New("the IMAP server's address cannot be read")
	}
	host := u.Host
	if u.Port() == "" {
		host += map[string]string{"imaps": ":993"}[u.Scheme]
		if u.Scheme != "imaps" {
			host += ":143"
		}
	}
	options := &imapclient.Options{UnilateralDataHandler: handler}
	dial := imapclient.DialStartTLS
	switch u.Scheme {
	case "imaps":
		dial = imapclient.DialTLS
	case "imap+insecure":
		dial = imapclient.DialInsecure
	}
	client, err := dial(host, options)
	if err != nil {
		return nil, fmt.Errorf("reach the IMAP server: %w", err)
	}
	context.AfterFunc(ctx, func() { client.Close() })
	credentials, err := config.credentials(ctx)
	if err == nil && credentials.Token != "" {
		err = errors.New("bench signs in with a password only")
	}
	if err == nil {
		err = client.Login(credentials.Username, credentials.Password).Wait()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("sign in to the IMAP server: %w", err), client.Close())
	}
	return client, nil
}

// append puts a mail into a folder and returns its UID (0 where the server does not say) and when the server had it.
func (m *benchMailbox) append(folder string, raw []byte) (uid uint32, at time.Time, err error) {
	command := m.client.Append(folder, int64(len(raw)), nil)
	_, err = command.Write(raw)
	err = errors.Join(err, command.Close())
	data, waitErr := command.Wait()
	if err = errors.Join(err, waitErr); err != nil {
		return 0, at, fmt.Errorf("put a mail into the mailbox: %w", err)
	}
	return uint32(data.UID), time.Now(), nil
}

// close removes the folders with what is in them, over a new connection: the old one may have ended with the context.
func (m *benchMailbox) close(ctx context.Context) error {
	_ = m.client.Close()
	client, err := dialBench(ctx, m.config, nil)
	if err != nil {
		return fmt.Errorf("bench's folders %s and %s are left in the mailbox: %w", m.folder, m.bare, err)
	}
	defer client.Close()
	var errs []error
	for _, name := range []string{m.folder, m.bare} {
		if err := client.Delete(name).Wait(); err != nil {
			errs = append(errs, fmt.Errorf("bench's folder %s is left in the mailbox: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

// mailsAfter fetches the mails above a UID of the selected folder, oldest first, and hands on each as soon as it is there.
func mailsAfter(client *imapclient.Client, last imap.UID, f func(uid imap.UID, raw []byte) error) error {
	section := &imap.FetchItemBodySection{Peek: true}
	command := client.Fetch(imap.UIDSet{{Start: last + 1, Stop: 0}}, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}})
	defer command.Close()
	for message := command.Next(); message != nil; message = command.Next() {
		buffer, err := message.Collect()
		if err != nil {
			return fmt.Errorf("fetch a mail: %w", err)
		}
		if buffer.UID <= last { // a server answers n:* with the last mail even when it is below n
			continue
		}
		if err := f(buffer.UID, buffer.FindBodySection(section)); err != nil {
			return err
		}
	}
	if err := command.Close(); err != nil {
		return fmt.Errorf("fetch mails: %w", err)
	}
	return nil
}
