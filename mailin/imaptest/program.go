package imaptest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"text/template"
)

// requireProgram leaves a test out, or fails it, where the environment does not name a server's program.
func requireProgram(tb testing.TB, server, variable, what string) {
	tb.Helper()
	if os.Getenv(variable) == "" {
		missing(tb, server+" (set "+variable+" to its "+what+")")
	}
	if _, err := exec.LookPath(os.Getenv(variable)); err != nil {
		missing(tb, fmt.Sprintf("%s: %v", server, err))
	}
}

// programFolder makes the folder of a server, with its certificate in it. Not tb.TempDir: servers put sockets there,
// whose paths must be short.
func programFolder(tb testing.TB, prefix string, cert certificate) (dir string) {
	dir, err := os.MkdirTemp("", prefix)
	check(tb, err, "making a folder")
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	check(tb, os.Chmod(dir, 0o755), "opening the folder to the server's users")
	check(tb, os.WriteFile(filepath.Join(dir, "cert.pem"), cert.certPEM, 0o644), "writing the certificate")
	check(tb, os.WriteFile(filepath.Join(dir, "key.pem"), cert.keyPEM, 0o600), "writing the key")
	return dir
}

// writeConfigs writes a server's configuration files.
func writeConfigs(tb testing.TB, dir string, files map[string]*template.Template, values map[string]any) {
	for name, text := range files {
		var config bytes.Buffer
		check(tb, text.Execute(&config, values), "writing the configuration")
		check(tb, os.WriteFile(filepath.Join(dir, name), config.Bytes(), 0o644), "writing the configuration")
	}
}

// program is a server that runs as a process group of its own.
type program struct {
	process *exec.Cmd
	ended   chan struct{} // closed when the process has ended
	said    *bytes.Buffer // what it wrote, to be read once it has ended
}

func (p *program) launch(tb testing.TB, server string, process *exec.Cmd) {
	ownGroup(process)
	said := &bytes.Buffer{}
	process.Stdout, process.Stderr = said, said
	check(tb, process.Start(), "starting "+server)
	ended := make(chan struct{})
	go func() {
		_ = process.Wait()
		close(ended)
	}()
	p.process, p.ended, p.said = process, ended, said
}

// stop ends the whole group at once: asked politely, servers take a second, and their mail processes live on for some more.
func (p *program) stop(testing.TB) {
	if p.process == nil {
		return
	}
	killGroup(p.process)
	<-p.ended
	p.process = nil
}
