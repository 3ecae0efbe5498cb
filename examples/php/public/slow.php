<?php
// Each line is sent when it is printed: flush() goes all the way to the reader.
header('Content-Type: text/plain; charset=utf-8');
$lines = min(100, (int) ($_GET['lines'] ?? 5));
$pause = min(5.0, (float) ($_GET['pause'] ?? 1.0));
for ($line = 1; $line <= $lines; $line++) {
    echo "line $line\n";
    while (ob_get_level() > 0) {
        ob_end_flush();
    }
    flush();
    if ($line < $lines) {
        usleep((int) ($pause * 1e6));
    }
}
