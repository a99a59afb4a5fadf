package demo

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// files are the mails on disk: DIR/ADDRESS/FOLDER/NUMBER-MILLISECONDS.eml, with the folder's name escaped. Without a
// dir all methods do nothing.
type files struct{ dir string }

// startsFile counts the starts of an office.
const startsFile = "starts"

// foldersPerStart is the distance of the UIDVALIDITY values of two starts. A start may make so many folders for each
// account before it takes a value of the next.
const foldersPerStart = 1000

func (f files) starts() int64 {
	if f.dir == "" {
		return 0
	}
	text, err := os.ReadFile(filepath.Join(f.dir, startsFile))
	if err != nil {
		return 0
	}
	n, _ := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return min(max(n, 0), 1e6)
}

// begin counts a start.
func (f files) begin() error {
	if f.dir == "" {
		return nil
	}
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return fmt.Errorf("make the demo's mail folder: %w", err)
	}
	return f.write(filepath.Join(f.dir, startsFile), []byte(strconv.FormatInt(f.starts()+1, 10)+"\n"))
}

// advance brings the UIDVALIDITY that the memory server gives next to this start's values: it counts up from 1 with
// each folder that is made, and offers no other way.
func (f files) advance(user *imapmemserver.User) {
	for range f.starts() * foldersPerStart {
		_ = user.Create("-", nil)
		_ = user.Delete("-")
	}
}

func (f files) folder(address, name string) string {
	return filepath.Join(f.dir, address, escape(name))
}

// escape makes a file name of a folder's name, whatever a client called it.
func escape(name string) string { return strings.ReplaceAll(url.PathEscape(name), ".", "%2E") }

func (f files) makeFolder(address, name string) error {
	if f.dir == "" {
		return nil
	}
	if err := os.MkdirAll(f.folder(address, name), 0o700); err != nil {
		return fmt.Errorf("make a mail folder: %w", err)
	}
	return nil
}

func (f files) removeFolder(address, name string) error {
	if f.dir == "" {
		return nil
	}
	if err := os.RemoveAll(f.folder(address, name)); err != nil {
		return fmt.Errorf("remove a mail folder: %w", err)
	}
	return nil
}

func (f files) renameFolder(address, name, to string) error {
	if f.dir == "" {
		return nil
	}
	if err := os.Rename(f.folder(address, name), f.folder(address, to)); err != nil {
		return fmt.Errorf("rename a mail folder: %w", err)
	}
	return nil
}

func (f files) mail(m *Mail) string {
	return filepath.Join(f.folder(m.Account, m.Folder), fmt.Sprintf("%010d-%d.eml", m.UID, m.At.UnixMilli()))
}

// keep writes a mail to disk; once it has returned, a crash does not lose it.
func (f files) keep(m *Mail) error {
	if f.dir == "" {
		return nil
	}
	return f.write(f.mail(m), m.Raw)
}

func (f files) write(name string, data []byte) error {
	if err := writeThrough(name+".new", data); err != nil {
		return fmt.Errorf("keep a mail: %w", err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		return fmt.Errorf("keep a mail: %w", err)
	}
	return nil
}

func writeThrough(name string, data []byte) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Sync(), file.Close())
}

func (f files) remove(m *Mail) error {
	if f.dir == "" {
		return nil
	}
	if err := os.Remove(f.mail(m)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove a mail: %w", err)
	}
	return nil
}

// load reads what earlier starts kept. UIDs are given anew, in the old order.
func (o *Office) load() error {
	f := o.files
	if err := f.begin(); err != nil || f.dir == "" {
		return err
	}
	addresses, err := os.ReadDir(f.dir)
	if err != nil {
		return fmt.Errorf("read the demo's mail: %w", err)
	}
	for _, entry := range addresses {
		address, err := plainAddress(entry.Name())
		if !entry.IsDir() || err != nil || address != entry.Name() {
			continue // not ours
		}
		if err := o.loadAccount(address); err != nil {
			return fmt.Errorf("read the demo's mail: %w", err)
		}
	}
	return nil
}

func (o *Office) loadAccount(address string) error {
	a := o.newAccount(address)
	a.create(Inbox)
	folders, err := os.ReadDir(filepath.Join(o.files.dir, address))
	if err != nil {
		return err
	}
	for _, entry := range folders {
		name, err := url.PathUnescape(entry.Name())
		if !entry.IsDir() || err != nil || escape(name) != entry.Name() {
			continue
		}
		if err := o.loadFolder(a, name); err != nil {
			return err
		}
	}
	return nil
}

func (o *Office) loadFolder(a *account, name string) error {
	dir := o.files.folder(a.address, name)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var old []Mail
	for _, entry := range entries {
		base, isMail := strings.CutSuffix(entry.Name(), ".eml")
		number, at, ok := strings.Cut(base, "-")
		uid, err := strconv.ParseUint(number, 10, 32)
		ms, err2 := strconv.ParseInt(at, 10, 64)
		if !isMail || !ok || err != nil || err2 != nil {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			return err
		}
		old = append(old, Mail{Account: a.address, Folder: name, UID: uint32(uid), At: time.UnixMilli(ms), Raw: raw})
	}
	slices.SortFunc(old, func(a, b Mail) int { return int(int64(a.UID) - int64(b.UID)) })
	f := a.create(name)
	for i := range old {
		m := &old[i]
		was := o.files.mail(m)
		m.UID, m.From = f.next, returnPath(m.Raw)
		if err := os.Rename(was, o.files.mail(m)); err != nil { // the new number is never above the old one, and free
			return err
		}
		if _, err := a.user.Append(name, newLiteral(m.Raw), &imap.AppendOptions{Time: m.At}); err != nil {
			return err
		}
		f.next++
		o.enter(f, m)
	}
	return nil
}

// enter puts a mail into the mirror. It needs o.mu once the office is open.
func (o *Office) enter(f *folder, m *Mail) {
	o.lastID++
	m.ID = o.lastID
	f.mails = append(f.mails, m)
	o.mails[m.ID] = m
}
