/* dandori-exec as bytes of this program; see embedded_runner.h. */
    .section .rodata
    .balign 16
    .global dandori_embedded_runner_begin
    .global dandori_embedded_runner_end
dandori_embedded_runner_begin:
    .incbin "dandori-exec"
dandori_embedded_runner_end:
    .byte 0
    .section .note.GNU-stack,"",%progbits
