from django.shortcuts import render

from .models import Book


def shelf(request):
    return render(request, 'library/shelf.html', {'books': Book.objects.all()})
