//go:build unix

package document

import (
	"os/exec"
	"syscall"
)

// ownGroup makes the process that cmd starts the leader of a process group, so that killGroup reaches all it starts.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup kills the process and its group. It must be called before cmd.Wait returns: afterwards the number may be
// another process's.
func killGroup(cmd *exec.Cmd) { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
