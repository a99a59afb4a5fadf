package fetch

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// ManifestName is the file in which a folder says where its files are from. `codes build` passes over it.
const ManifestName = "fetched.json"

// Entry is one file of a folder, as it came.
type Entry struct {
	File    string `json:"file"`
	Source  string `json:"source"`
	Release string `json:"release"`
	// Address was asked, Came answered: they differ after a redirect.
	Address string `json:"address"`
	Came    string `json:"came"`
	// FetchedAt is when these bytes came, CheckedAt when a server last said that it still has the same.
	FetchedAt    time.Time `json:"fetched_at"`
	CheckedAt    time.Time `json:"checked_at"`
	Size         int64     `json:"size"`
	SHA256       string    `json:"sha256"`
	ETag         string    `json:"etag"`
	LastModified string    `json:"last_modified"`
}

// Manifest is the list of a folder, by file name.
type Manifest struct {
	Entries []Entry `json:"files"`
}

// ReadManifest reads the manifest of a folder; a folder without one has an empty one.
func ReadManifest(dir string) (m Manifest, err error) {
	name := filepath.Join(dir, ManifestName)
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &m)
	}
	if err != nil {
		return Manifest{}, fmt.Errorf("reading the list of what was fetched (move %s away to begin anew): %w", name, err)
	}
	return m, nil
}

func (m *Manifest) find(file string) (Entry, bool) {
	i := slices.IndexFunc(m.Entries, func(e Entry) bool { return e.File == file })
	if i < 0 {
		return Entry{}, false
	}
	return m.Entries[i], true
}

func (m *Manifest) put(e Entry) {
	m.Entries = slices.DeleteFunc(m.Entries, func(o Entry) bool { return o.File == e.File })
	m.Entries = append(m.Entries, e)
	slices.SortFunc(m.Entries, func(a, b Entry) int { return strings.Compare(a.File, b.File) })
}

// write replaces the manifest by a rename.
func (m *Manifest) write(dir string) error {
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the list of what was fetched: %w", err)
	}
	if err := replaceFile(filepath.Join(dir, ManifestName), append(data, '\n')); err != nil {
		return fmt.Errorf("writing the list of what was fetched: %w", err)
	}
	return nil
}

// replaceFile writes beside a file and renames: it is always either the old or the new one.
func replaceFile(name string, data []byte) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(temp.Name())
		}
	}()
	_, err = temp.Write(data)
	if err = errors.Join(err, temp.Chmod(0o644), temp.Sync(), temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), name)
}

// sameFile tells whether a file is there with the size and content that the manifest says.
func sameFile(name string, e Entry) (bool, error) {
	info, err := os.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case !info.Mode().IsRegular():
		return false, refuse("%s is in the way and no file", name)
	case info.Size() != e.Size:
		return false, nil
	}
	sum, err := hashOf(name)
	return sum == e.SHA256, err
}

func hashOf(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("reading %s: %w", name, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
