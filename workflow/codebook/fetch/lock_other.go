//go:build !unix

package fetch

// lock does nothing where there is no flock(2): two fetches in one folder then cost time, not files, since each is checked before it is named.
func lock(string) (unlock func() error, err error) { return func() error { return nil }, nil }
