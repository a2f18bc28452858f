package main

import (
	"bufio"
	"encoding/binary"
	"io"
	"os"
	"os/exec"
)

// The program with src/go. answers.cc says what it reads and writes.
type peer struct {
	in  *bufio.Writer
	out *bufio.Reader
}

func start(program string) peer {
	command := exec.Command(program)
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	fatal(err)
	out, err := command.StdoutPipe()
	fatal(err)
	fatal(command.Start())
	return peer{bufio.NewWriterSize(in, 1<<16), bufio.NewReaderSize(out, 1<<16)}
}

func (p peer) put(asked []question) {
	for _, one := range asked {
		fatal(binary.Write(p.in, binary.LittleEndian, uint32(len(one.texts))))
		for _, text := range one.texts {
			fatal(binary.Write(p.in, binary.LittleEndian, uint32(len(text))))
			_, err := p.in.WriteString(text)
			fatal(err)
		}
	}
	fatal(p.in.Flush())
}

func (p peer) answer() (hasValue bool, text string) {
	first, err := p.out.ReadByte()
	fatal(err)
	var size uint32
	fatal(binary.Read(p.out, binary.LittleEndian, &size))
	bytes := make([]byte, size)
	_, err = io.ReadFull(p.out, bytes)
	fatal(err)
	return first == 1, string(bytes)
}
