/* The ELF part of the stand-in: hands itself to Python, which finds the program in the zip archive at its end. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PYTHON "/usr/bin/python3"

const char release[] __attribute__((used)) = "github.com/k3s-io/k3s/pkg/version.Version=" RELEASE;

int main(int argc, char **argv)
{
    static char self[4096];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    char **arguments = calloc((size_t)argc + 5, sizeof *arguments);

    if (length < 0 || arguments == NULL) {
        perror("k3s");
        return 127;
    }
    arguments[0] = PYTHON;
    arguments[1] = "-I";
    arguments[2] = self;
    arguments[3] = argc > 0 ? argv[0] : self;
    for (int i = 1; i < argc; i++)
        arguments[i + 3] = argv[i];
    execv(PYTHON, arguments);
    fprintf(stderr, "k3s: %s: %s\n", PYTHON, strerror(errno));
    return 127;
}
